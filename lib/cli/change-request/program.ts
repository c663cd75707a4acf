import { type Command, Option } from 'commander';
import { CHANGE_STATUSES } from '../../domain/change-request.ts';
import { examples, withServer } from '../arguments.ts';
import type { ApproveOptions, ChangeOptions, StopOptions } from './decide.ts';
import type { ChangeListOptions } from './list.ts';

/** `countersign change-request …`: changes of the guard rails that need a second Manager. */
export function addChangeRequestCommands(program: Command): void {
  const change = program
    .command('change-request')
    .description('list, show, approve, deny and withdraw changes that need a second Manager')
    .addHelpText(
      'after',
      examples(
        'countersign change-request list --status pending',
        'countersign change-request approve 0b7c…',
      ),
    );
  withServer(change.command('list'))
    .description('list change requests, the newest first')
    .addOption(new Option('--status <status>', 'those alone').choices(CHANGE_STATUSES))
    .addHelpText('after', examples('countersign change-request list --status pending'))
    .action(async (options: ChangeListOptions) => (await import('./list.ts')).listChanges(options));
  withServer(change.command('show'))
    .description('show what one would change, who asks, and whether you could approve it')
    .argument('<id>', 'what the list calls it')
    .addHelpText('after', examples('countersign change-request show 0b7c…'))
    .action(async (id: string, options: ChangeOptions) =>
      (await import('./decide.ts')).showChange(id, options),
    );
  withServer(change.command('approve'))
    .description('show what changes, ask, and make the change. Needs another Manager than the one who asked')
    .argument('<id>', 'what the list calls it')
    .option('--digest <digest>', 'its digest, as it was shown: approves without asking')
    .option('--note <text>', 'what to say with it')
    .addHelpText('after', examples('countersign change-request approve 0b7c…'))
    .action(async (id: string, options: ApproveOptions) =>
      (await import('./decide.ts')).approveChange(id, options),
    );
  for (const [how, description] of [
    ['deny', 'deny one: any one Manager can, and nothing is changed'],
    ['withdraw', 'take one back'],
  ] as const) {
    const command = withServer(change.command(how))
      .description(description)
      .argument('<id>', 'what the list calls it')
      .option('--note <text>', 'why');
    if (how === 'deny') {
      command.option(
        '--unexpected',
        'nobody should have asked: stops what else the requester asked for as well',
      );
    }
    command
      .addHelpText('after', examples(`countersign change-request ${how} 0b7c… --note "not agreed"`))
      .action(async (id: string, options: StopOptions) =>
        (await import('./decide.ts')).stopChange(id, how, options),
      );
  }
}
