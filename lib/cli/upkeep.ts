import { type Command, Option } from 'commander';
import { examples } from './arguments.ts';
import type { BackupOptions } from './backup.ts';
import type { RestoreOptions } from './restore.ts';

const dataDir = () =>
  new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR').makeOptionMandatory();

/** What an operator does with a data folder besides serving it. */
export function addUpkeepCommands(program: Command): void {
  program
    .command('backup')
    .description("copy an installation's database into one file and check the copy; a server may be running")
    .addOption(dataDir())
    .requiredOption('-o, --output <file>', 'the new file')
    .addHelpText(
      'after',
      examples('countersign backup --data-dir /var/lib/countersign -o countersign.db.backup'),
    )
    .action(async (options: BackupOptions) => (await import('./backup.ts')).backup(options));
  program
    .command('restore')
    .argument('<file>', 'what backup has made')
    .description("check a backup and put it in place as a data folder's database; no server may be running")
    .addOption(dataDir())
    .option('--force', 'move a database that is there aside')
    .addHelpText(
      'after',
      `\nThe passphrase of the master key, where it has one, comes from COUNTERSIGN_PASSPHRASE.\n${examples(
        'countersign restore countersign.db.backup --data-dir /var/lib/countersign --force',
      )}`,
    )
    .action(async (file: string, options: RestoreOptions) =>
      (await import('./restore.ts')).restore(file, options),
    );
}
