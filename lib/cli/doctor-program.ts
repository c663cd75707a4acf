import { type Command, InvalidArgumentError, Option } from 'commander';
import { isKmsKeyArn } from '../domain/external-key.ts';
import { ROLE_ARN } from '../domain/kms-guard.ts';
import { examples } from './arguments.ts';
import type { DoctorOptions } from './doctor.ts';
import type { PolicyOptions } from './kms-policy.ts';

function parseKeys(text: string, before: readonly string[] = []): readonly string[] {
  if (isKmsKeyArn(text)) return [...before, text];
  throw new InvalidArgumentError('It must be the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>.');
}

function parseRole(text: string): string {
  if (ROLE_ARN.test(text)) return text;
  throw new InvalidArgumentError('It must be the ARN of a role: arn:aws:iam::<account>:role/<name>.');
}

/** `countersign doctor` and `countersign kms policy`. */
export function addDoctorCommands(program: Command): void {
  program
    .command('doctor')
    .description(
      'look for what keeps people from deciding, or will; changes nothing, a server may be running',
    )
    .addOption(new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR'))
    .addOption(new Option('--smtp <url>', 'the mail server, as serve has it').env('COUNTERSIGN_SMTP_URL'))
    .addOption(
      new Option('--public-url <url>', 'where people reach it, as serve has it').env(
        'COUNTERSIGN_PUBLIC_URL',
      ),
    )
    .addOption(new Option('--backups <dir>', 'the folder that backups go to').env('COUNTERSIGN_BACKUPS'))
    .option('--time-from <url>', 'a server whose clock is right, to compare with')
    .option('--kms', 'for each adopted key of AWS KMS: who could delete it without Countersign')
    .option('--kms-key <arn>', 'such a key, beside those of the data folder; may be repeated', parseKeys)
    .option(
      '--deleting-role <arn>',
      'the role that alone may delete them (the output DeletingRole)',
      parseRole,
    )
    .option('--region <region>', 'only keys of this Region')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nEnds with 0 when nothing is wrong, 1 when something should be looked at, 2 when something is broken. The passphrase of
the master key, where it has one, comes from COUNTERSIGN_PASSPHRASE or COUNTERSIGN_PASSPHRASE_FILE.\n${examples(
        'countersign doctor --data-dir /var/lib/countersign --backups /var/backups/countersign',
        'countersign doctor --kms --kms-key arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab \\',
        '  --deleting-role arn:aws:iam::111122223333:role/Countersign-StepsDeleteKeyRole',
      )}`,
    )
    .action(async (options: DoctorOptions) => (await import('./doctor.ts')).doctor(options));
  program
    .command('kms')
    .description('print policies that let nobody but Countersign delete keys of AWS KMS')
    .command('policy')
    .description('print statements for the policies of adopted keys, and a service control policy')
    .requiredOption(
      '--role <arn>',
      'the role that alone may delete them (the output DeletingRole)',
      parseRole,
    )
    .option(
      '--admin-role <arn>',
      'a role that may still change policies, tags and states; may be repeated',
      (text: string, before?: readonly string[]) => [...(before ?? []), parseRole(text)],
    )
    .option('--tag <value>', 'the value of the tag `countersign` on adopted keys', 'Countersign')
    .option('--json', 'print JSON alone')
    .addHelpText(
      'after',
      examples(
        'countersign kms policy --role arn:aws:iam::111122223333:role/Countersign-StepsDeleteKeyRole \\',
        '  --admin-role arn:aws:iam::111122223333:role/BreakGlass',
      ),
    )
    .action(async (options: PolicyOptions) => (await import('./kms-policy.ts')).kmsPolicy(options));
}
