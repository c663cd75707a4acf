import { type Command, Option } from 'commander';
import { examples } from './arguments.ts';
import type { BackupOptions } from './backup.ts';
import type { ChangePassphraseOptions } from './change-passphrase.ts';
import type { RestoreOptions } from './restore.ts';
import type { RotateMasterKeyOptions } from './rotate-master-key.ts';

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
  program
    .command('rotate-master-key')
    .description(
      'seal everything anew under a new master key; a server may be running. Goes on where it was cut off',
    )
    .addOption(dataDir())
    .option('--dry-run', 'show what there is to do, and change nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nThe passphrase of the master key, where it has one, comes from COUNTERSIGN_PASSPHRASE or the file that
COUNTERSIGN_PASSPHRASE_FILE names, and stays. Keep the old master.key as long as you keep backups from before.\n${examples(
        'countersign rotate-master-key --data-dir /var/lib/countersign --dry-run',
        'countersign rotate-master-key --data-dir /var/lib/countersign',
      )}`,
    )
    .action(async (options: RotateMasterKeyOptions) =>
      (await import('./rotate-master-key.ts')).rotateMasterKey(options),
    );
  program
    .command('change-passphrase')
    .description('give the master key another passphrase, or none; nothing is sealed anew')
    .addOption(dataDir())
    .addOption(
      new Option('--new-passphrase-file <file>', 'the file that holds it; else it is asked for').conflicts(
        'remove',
      ),
    )
    .option('--remove', 'no passphrase from now on: whoever can read master.key can use it')
    .addHelpText(
      'after',
      `\nThe passphrase that there is, if any, comes from COUNTERSIGN_PASSPHRASE or COUNTERSIGN_PASSPHRASE_FILE.\n${examples(
        'countersign change-passphrase --data-dir /var/lib/countersign',
      )}`,
    )
    .action(async (options: ChangePassphraseOptions) =>
      (await import('./change-passphrase.ts')).changePassphrase(options),
    );
}
