import { Command, Option } from 'commander';
import { version } from '../wiring/version.ts';
import { addAccessKeyCommands } from './access-key/program.ts';
import {
  appended,
  examples,
  parseConnections,
  parseDrillEvery,
  parseInstanceName,
  parseListen,
  parsePort,
  parseRetention,
} from './arguments.ts';
import { addAuditCommands } from './audit/program.ts';
import { addAuthorizationCommands } from './authorization/program.ts';
import { addChangeRequestCommands } from './change-request/program.ts';
import { addDoctorCommands } from './doctor-program.ts';
import { addDrillCommands } from './drill/program.ts';
import { addEventCommands } from './events/program.ts';
import type { InitOptions } from './init.ts';
import { DEFAULTS, withNewInstance } from './instance/new-instance.ts';
import { addInstanceCommands } from './instance/program.ts';
import { addKeyCommands } from './key/program.ts';
import { addMailCommands } from './mail/program.ts';
import { addPersonCommands } from './person/program.ts';
import { withPlace } from './place.ts';
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
  addDoctorCommands(program);
  addInstanceCommands(program);
  addPersonCommands(program);
  addServiceCommands(program);
  addChangeRequestCommands(program);
  addMailCommands(program);
  addDrillCommands(program);
  addKeyCommands(program);
  addAuthorizationCommands(program);
  addAuditCommands(program);
  addEventCommands(program);
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

const dataDir = () => new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR');

function addInit(program: Command): void {
  const command = program
    .command('init')
    .description(
      'create a data folder, or the first instance of a stack on AWS, with its first people; print their API keys',
    )
    .option('--instance <name>', 'a name for people to know it by', parseInstanceName, 'default');
  withPlace(command);
  const grants = withNewInstance(command);
  command
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe passphrase of the master key, where it is to have one, comes from COUNTERSIGN_PASSPHRASE.\n${examples(
        'countersign init --data-dir /var/lib/countersign --manager ann@example.com --manager bob@example.com \\',
        '  --writer cy@example.com --reader audit@example.com',
        'countersign init --stack Countersign --manager ann@example.com --manager bob@example.com --writer cy@example.com',
      )}`,
    )
    .action(async (options: InitOptions) => {
      const given = { ...DEFAULTS, ...options };
      if (options.stack === undefined) return (await import('./init.ts')).init(given, grants);
      return (await import('./instance/init-stack.ts')).initStack(given, grants);
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
    .addOption(
      new Option(
        '--smtp-connections <number>',
        'how many connections to the mail server there are at most, 1 to 50 (default: 10)',
      )
        .env('COUNTERSIGN_SMTP_CONNECTIONS')
        .argParser(parseConnections),
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
        '--drill-every <duration>',
        'ask every Manager whether they can still approve, so long after the last time (off by default), like P90D',
      )
        .env('COUNTERSIGN_DRILL_EVERY')
        .argParser(parseDrillEvery),
    )
    .addOption(
      new Option(
        '--step-functions-port <port>',
        'answer the Step Functions API on 127.0.0.1 too (off by default); 0: any free port',
      )
        .env('COUNTERSIGN_STEP_FUNCTIONS_PORT')
        .argParser(parsePort),
    )
    .addOption(
      new Option(
        '--events <to>',
        'hand on every event as CADF: file:PATH, stdout, or the https URL of a webhook; can be repeated',
      ).argParser(appended),
    )
    .addOption(
      new Option(
        '--webhook-secret-file <file>',
        'what webhooks are signed with: whsec_… of Standard Webhooks, in a file that only its owner can read',
      ).env('COUNTERSIGN_WEBHOOK_SECRET_FILE'),
    )
    .addOption(
      new Option(
        '--metrics-listen <[host:]port>',
        'answer GET /metrics on a port of its own, on 127.0.0.1 unless a host is given (off by default)',
      )
        .env('COUNTERSIGN_METRICS_LISTEN')
        .argParser(parseListen),
    )
    .addOption(
      new Option(
        '--metrics-token-file <file>',
        'demand this bearer token of whoever reads the metrics; needed where other machines can reach them',
      ).env('COUNTERSIGN_METRICS_TOKEN_FILE'),
    )
    .addOption(
      new Option(
        '--aws-kms',
        'keys can stand for keys of AWS KMS, which are deleted with the credentials that the AWS SDK finds',
      ).env('COUNTERSIGN_AWS_KMS'),
    )
    .addOption(
      new Option(
        '--key-protect-config <file>',
        'keys can stand for keys of the remote Key Protects that this file names (JSON)',
      ).env('COUNTERSIGN_KEY_PROTECT_CONFIG'),
    )
    .addOption(
      new Option(
        '--oidc-issuer <url>',
        'people can sign in at this OpenID Connect issuer, too (docs/sign-in.md), and call the API with its access tokens',
      ).env('COUNTERSIGN_OIDC_ISSUER'),
    )
    .addOption(
      new Option('--oidc-client-id <id>', 'what Countersign is called there').env(
        'COUNTERSIGN_OIDC_CLIENT_ID',
      ),
    )
    .addOption(
      new Option(
        '--oidc-client-secret-file <file>',
        'its secret there, in a file that only its owner can read; without one it is a public client',
      ).env('COUNTERSIGN_OIDC_CLIENT_SECRET_FILE'),
    )
    .addOption(
      new Option(
        '--oidc-audience <audience>',
        'take access tokens that are made for this audience (default: those that name the client)',
      ).env('COUNTERSIGN_OIDC_AUDIENCE'),
    )
    .addOption(
      new Option('--oidc-label <name>', 'what people know the issuer by (default: its host)').env(
        'COUNTERSIGN_OIDC_LABEL',
      ),
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
