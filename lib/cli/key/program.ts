import type { Command } from 'commander';
import { appended, examples, parseConfirmation, withServer } from '../arguments.ts';
import type { ApproveOptions } from './approve.ts';
import type { AuthorizeOptions } from './authorize.ts';
import type { CreateOptions } from './create.ts';
import type { DenyOptions } from './deny.ts';
import { addExternalCommands } from './external-program.ts';
import type { ListOptions } from './list.ts';
import type { PurgeOptions } from './purge.ts';
import type { KeyOptions } from './show.ts';
import type { WithdrawOptions } from './withdraw.ts';

/** `countersign key …`, in the order of a key's life, and `countersign history`. */
export function addKeyCommands(program: Command): void {
  const key = program
    .command('key')
    .description('create, list and show keys, and decide on their deletion')
    .addHelpText(
      'after',
      examples(
        'countersign key authorize payroll',
        'countersign key approve payroll',
        'countersign key deny --help',
      ),
    );
  addReading(key);
  addAsking(key);
  addDeciding(key);
  addEnding(key);
  addExternalCommands(key);
  withServer(program.command('history'))
    .description('show who did what with a key and when, and what its executions went through')
    .argument('<key>', 'its id or an alias')
    .addHelpText('after', examples('countersign history payroll', 'countersign history payroll --json'))
    .action(async (name: string, options: KeyOptions) =>
      (await import('../history.ts')).history(name, options),
    );
}

const named = (command: Command): Command => withServer(command).argument('<key>', 'its id or an alias');

function addReading(key: Command): void {
  withServer(key.command('create'))
    .description('create a key; it takes on the dual-authorization policy of the instance')
    .argument('<name>', 'a name for people to know it by')
    .option('--alias <alias>', 'a name for programs, unique in the instance; may be repeated', appended)
    .option('--description <text>', 'what it is for')
    .option('--standard', 'a standard key, whose material can be read; else a root key, which only wraps')
    .addHelpText('after', examples('countersign key create "Payroll backups" --alias payroll'))
    .action(async (name: string, options: CreateOptions) =>
      (await import('./create.ts')).createKey(name, options),
    );
  withServer(key.command('list'))
    .description('list the keys of the instance')
    .option('--all', 'destroyed keys too')
    .option(
      '--search <text>',
      'those whose name or an alias holds it; `not:`, `exact:`, `name:`, `alias:` before it',
    )
    .option('--filter <conditions>', 'those that meet them all, such as extractable=false')
    .option('--sort <properties>', 'in the order of them, separated by commas; `-` before one turns it round')
    .option('--key-ring <id>', 'those of one key ring')
    .addHelpText(
      'after',
      examples(
        'countersign key list --all',
        'countersign key list --search payroll --sort -creationDate',
        'countersign key list --filter \'expirationDate=lt:"2027-01-01T00:00:00Z"\'',
      ),
    )
    .action(async (options: ListOptions) => (await import('./list.ts')).listKeys(options));
  named(key.command('show'))
    .description('show a key and, where its deletion was authorized, by whom and until when')
    .addHelpText('after', examples('countersign key show payroll'))
    .action(async (name: string, options: KeyOptions) => (await import('./show.ts')).showKey(name, options));
}

function addAsking(key: Command): void {
  named(key.command('authorize'))
    .description('authorize its deletion: the first of two people (Writer or Manager)')
    .option('--reason <text>', 'why, for the approvers and the history')
    .option('--ticket <text>', 'the number of a ticket')
    .option(
      '--dry-run',
      'show what would be lost, who could approve and what stands against it; ask for nothing',
    )
    .addHelpText(
      'after',
      examples(
        'countersign key authorize payroll --reason "replaced in May" --ticket OPS-7',
        'countersign key authorize payroll --dry-run',
      ),
    )
    .action(async (name: string, options: AuthorizeOptions) =>
      (await import('./authorize.ts')).authorizeDeletion(name, options),
    );
  named(key.command('reauthorize'))
    .description('authorize it again, when its time ran out or what would be lost has changed')
    .addHelpText('after', examples('countersign key reauthorize payroll'))
    .action(async (name: string, options: KeyOptions) =>
      (await import('./reauthorize.ts')).reauthorizeDeletion(name, options),
    );
  named(key.command('withdraw'))
    .description('take the authorization back (Writer or Manager)')
    .option('--note <text>', 'why, for the history')
    .addHelpText('after', examples('countersign key withdraw payroll'))
    .action(async (name: string, options: WithdrawOptions) =>
      (await import('./withdraw.ts')).withdrawDeletion(name, options),
    );
}

function addDeciding(key: Command): void {
  named(key.command('approve'))
    .description('show what would be lost and, after a question, delete it: the second person (Manager)')
    .option(
      '--confirm <characters>',
      "the last six characters of the key's id, in place of the question",
      parseConfirmation,
    )
    .option('--force', 'also although resources are registered with the key')
    .addHelpText(
      'after',
      examples('countersign key approve payroll', 'countersign key approve payroll --confirm 3f09ab'),
    )
    .action(async (name: string, options: ApproveOptions) =>
      (await import('./approve.ts')).approveDeletion(name, options),
    );
  named(key.command('deny'))
    .description('refuse its deletion (Manager)')
    .option('--note <text>', 'why, for the requester and the history')
    .option('--unexpected', 'nobody should have asked: stops everything else that the same person asked for')
    .addHelpText('after', examples('countersign key deny payroll --note "still in use"'))
    .action(async (name: string, options: DenyOptions) =>
      (await import('./deny.ts')).denyDeletion(name, options),
    );
}

/** After a deletion. */
function addEnding(key: Command): void {
  named(key.command('restore'))
    .description(
      'bring a destroyed key back while its restore window is open (Manager); registrations that were removed with it stay off',
    )
    .addHelpText('after', examples('countersign key restore payroll'))
    .action(async (name: string, options: KeyOptions) =>
      (await import('./restore.ts')).restoreKey(name, options),
    );
  named(key.command('purge'))
    .description('shred what is left of a destroyed key, from 4 hours after its deletion (KeyPurge)')
    .option('--confirm <key>', 'the same id or alias again, in place of the question')
    .addHelpText(
      'after',
      examples('countersign key purge payroll', 'countersign key purge payroll --confirm payroll'),
    )
    .action(async (name: string, options: PurgeOptions) =>
      (await import('./purge.ts')).purgeKey(name, options),
    );
}
