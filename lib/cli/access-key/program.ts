import { type Command, Option } from 'commander';
import { examples } from '../arguments.ts';
import type { AccessKeyOptions } from './create.ts';

const withDataDir = (command: Command): Command =>
  command
    .addOption(
      new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR').makeOptionMandatory(),
    )
    .option('--json', 'print JSON');

/** `countersign access-key …`: who may call the Step Functions API of `serve --step-functions-port`. */
export function addAccessKeyCommands(program: Command): void {
  const accessKey = program
    .command('access-key')
    .description('make, list and remove access keys of the Step Functions API; a server may be running');
  withDataDir(accessKey.command('create'))
    .description('make an access key, and print its secret')
    .addHelpText(
      'after',
      `\nWhoever has an access key sees task tokens, and starts and stops executions: it is the operator's.
The passphrase of the master key, where it has one, comes from COUNTERSIGN_PASSPHRASE.\n${examples(
        'countersign access-key create --data-dir /var/lib/countersign',
      )}`,
    )
    .action(async (options: AccessKeyOptions) => (await import('./create.ts')).createAccessKey(options));
  withDataDir(accessKey.command('list'))
    .description('list the access keys, without their secrets')
    .addHelpText('after', examples('countersign access-key list --data-dir /var/lib/countersign'))
    .action(async (options: AccessKeyOptions) => (await import('./list.ts')).listKeys(options));
  withDataDir(accessKey.command('remove'))
    .description('take an access key away; a server refuses it at once')
    .argument('<id>', 'the id of the access key')
    .addHelpText(
      'after',
      examples('countersign access-key remove CSAKABCDEFGHIJ234567 --data-dir /var/lib/countersign'),
    )
    .action(async (id: string, options: AccessKeyOptions) =>
      (await import('./remove.ts')).removeKey(id, options),
    );
}
