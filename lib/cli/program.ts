import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { addAccessKeyCommands } from './access-key/program.ts';
import { examples, parseInstanceName, parsePort, parseRetention } from './arguments.ts';
import { addAuditCommands } from './audit/program.ts';
import type { InitOptions } from './init.ts';
import { DEFAULTS, withNewInstance } from './instance/new-instance.ts';
import { addInstanceCommands } from './instance/program.ts';
import { addKeyCommands } from './key/program.ts';
import { addMailCommands } from './mail/program.ts';
import { addPersonCommands } from './person/program.ts';
import type { ServeOptions } from './serve.ts';
import { addServiceCommands } from './service/program.ts';
import { addUpkeepCommands } from './upkeep.ts';
import { addWorkflowCommands } from './workflow/program.ts';

/** The whole command line. What a command does is loaded when it is called: help and start-up stay quick. */
export function buildProgram(): Command {
  const program = new Command('countersign')
    .description('Nobody deletes an encryption key alone.')
    .version(version(), '-V, --version', 'print the version')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'countersign: ')) })
    .addHelpText('after', OVERVIEW)
    .exitOverride();
  addInit(program);
  addServe(program);
  addUpkeepCommands(program);
  addInstanceCommands(program);
  addPersonCommands(program);
  addServiceCommands(program);
  addMailCommands(program);
  addKeyCommands(program);
  addAuditCommands(program);
  addAccessKeyCommands(program);
  addWorkflowCommands(program);
  program
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`${version()}\n`);
    });
  program
    .command('demo')
    .description('tell the whole story in this terminal, with a server and mail of its own')
    .action(async () => (await import('./demo.ts')).demo());
  return program;
}

const OVERVIEW = `
Every command has --help. Those that talk to a server take its URL, the instance and an API key from
COUNTERSIGN_URL, COUNTERSIGN_INSTANCE and COUNTERSIGN_API_KEY, or from options.
${examples(
  'countersign serve',
  'countersign key create "Payroll backups" --alias payroll',
  'countersign key authorize payroll --reason "replaced in May"',
  'countersign key approve payroll',
  'countersign history payroll',
)}`;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

const dataDir = () => new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR');

function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('create a data folder with an instance and its first people, and print their API keys')
    .addOption(dataDir().makeOptionMandatory())
    .option('--instance <name>', 'a name for people to know it by', parseInstanceName, 'default');
  const grants = withNewInstance(command);
  command
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe passphrase of the master key, where it is to have one, comes from COUNTERSIGN_PASSPHRASE.\n${examples(
        'countersign init --data-dir /var/lib/countersign --manager ann@example.com --manager bob@example.com \\',
        '  --writer cy@example.com --reader audit@example.com',
      )}`,
    )
    .action(async (options: InitOptions) => {
      await (await import('./init.ts')).init({ ...DEFAULTS, ...options }, grants);
    });
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve the API and the pages; a data folder that is not there gets a trial instance')
    .addOption(dataDir().default('./data'))
    .addOption(
      new Option('--host <host>', 'the address to listen on').env('COUNTERSIGN_HOST').default('127.0.0.1'),
    )
    .addOption(
      new Option('--port <port>', 'the port to listen on; 0: any free one')
        .env('COUNTERSIGN_PORT')
        .argParser(parsePort)
        .default(8080),
    )
    .addOption(
      new Option(
        '--smtp <url>',
        'the mail server: smtp://user:password@host:587, smtps://…; without it mail goes to files',
      ).env('COUNTERSIGN_SMTP_URL'),
    )
    .addOption(new Option('--mail-from <address>', 'the sender of mails').env('COUNTERSIGN_MAIL_FROM'))
    .addOption(
      new Option('--public-url <url>', 'where people reach it, for links in mails').env(
        'COUNTERSIGN_PUBLIC_URL',
      ),
    )
    .option(
      '--trust-proxy',
      'a proxy in front writes whom it saw at the end of x-forwarded-for: the limit on guessing goes by that',
    )
    .addOption(
      new Option(
        '--history-retention <duration>',
        'how long closed executions stay before they are moved to exports/ (default: P400D)',
      )
        .env('COUNTERSIGN_HISTORY_RETENTION')
        .argParser(parseRetention),
    )
    .addOption(
      new Option(
        '--step-functions-port <port>',
        'answer the Step Functions API on 127.0.0.1 too (off by default); 0: any free port',
      )
        .env('COUNTERSIGN_STEP_FUNCTIONS_PORT')
        .argParser(parsePort),
    )
    .addHelpText(
      'after',
      `\nThe passphrase of the master key, where it has one, comes from COUNTERSIGN_PASSPHRASE.\n${examples(
        'countersign serve',
        'countersign serve --data-dir /var/lib/countersign --public-url https://keys.example.com \\',
        '  --smtp smtps://mailer:secret@mail.example.com --mail-from "Countersign <keys@example.com>"',
      )}`,
    )
    .action(async (options: ServeOptions) => (await import('./serve.ts')).serve(options));
}
