import { type Command, InvalidArgumentError } from 'commander';
import { examples, parseTime, withServer } from '../arguments.ts';
import type { ApproversOptions } from './approvers.ts';
import type { AuthorizationListOptions } from './list.ts';

/** `countersign authorization …`: what auditors look for, across keys. */
export function addAuthorizationCommands(program: Command): void {
  const authorization = program
    .command('authorization')
    .description('list the authorizations of every key, and who could have approved one')
    .addHelpText(
      'after',
      examples(
        'countersign authorization list --status pending',
        'countersign authorization approvers --help',
      ),
    );
  withServer(authorization.command('list'))
    .description('list the authorizations of every key that you may read, the newest first')
    .option('--status <status>', 'pending, approved, lapsed, drifted, consumed, denied, withdrawn, expired …')
    .option('--key <id>', 'of this key')
    .option('--requester <id>', 'asked for by this person, or by a service of theirs')
    .option('--approver <id>', 'approved by this person, or by a service of theirs')
    .option('--from <time>', 'asked for from this time on: 2026-01-31, or with a time and a zone', parseTime)
    .option('--to <time>', 'asked for before this time', parseTime)
    .option('--limit <number>', 'the newest so many (default: all)', parseLimit)
    .addHelpText(
      'after',
      examples(
        'countersign authorization list --from 2026-01-01 --to 2027-01-01',
        'countersign authorization list --status denied --limit 20 --json',
      ),
    )
    .action(async (options: AuthorizationListOptions) =>
      (await import('./list.ts')).listAuthorizations(options),
    );
  withServer(authorization.command('approvers'))
    .description('show who could have approved a deletion at a moment, and why others could not')
    .argument('<key>', 'the id or an alias of the key')
    .argument('<authorization>', 'its id')
    .option(
      '--at <time>',
      'the moment (default: now or, of what is over, the last one at which it waited)',
      parseTime,
    )
    .addHelpText(
      'after',
      examples('countersign authorization approvers payroll 1f0a6c1e-… --at 2026-05-04T09:30:00Z'),
    )
    .action(async (key: string, id: string, options: ApproversOptions) =>
      (await import('./approvers.ts')).showApprovers(key, id, options),
    );
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}
