import { type Command, InvalidArgumentError } from 'commander';
import { isPendingWindow, LEAST_PENDING_DAYS, MOST_PENDING_DAYS } from '../../domain/external-key.ts';
import { appended, examples, withServer } from '../arguments.ts';
import type { AdoptOptions } from './adopt.ts';
import type { KeyOptions } from './show.ts';

function parseDays(text: string): number {
  const days = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (isPendingWindow(days)) return days;
  throw new InvalidArgumentError(`It must be ${LEAST_PENDING_DAYS} to ${MOST_PENDING_DAYS}.`);
}

/** `countersign key adopt` and `countersign key abandon-deletion`: of keys that live elsewhere. */
export function addExternalCommands(key: Command): void {
  withServer(key.command('adopt'))
    .description(
      'make a key that stands for one of AWS KMS, or of a remote Key Protect; two people delete it (Manager)',
    )
    .argument('<name>', 'a name for people to know it by')
    .option('--kms-key <arn>', 'the ARN of a key of AWS KMS')
    .option('--remote <name>', 'the remote Key Protect, as the configuration of the server names it')
    .option('--remote-key <id>', "the key's id there")
    .option(
      '--pending-window <days>',
      'how many days AWS KMS waits before it deletes the material: 7 to 30 (default: 30)',
      parseDays,
    )
    .option('--alias <alias>', 'a name for programs, unique in the instance; may be repeated', appended)
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      examples(
        'countersign key adopt "Payroll backups" --alias payroll \\',
        '  --kms-key arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        'countersign key adopt "Ledger" --remote frankfurt --remote-key 02fd6835-6001-4482-a892-13bd2085f75d',
      ),
    )
    .action(async (name: string, options: AdoptOptions) =>
      (await import('./adopt.ts')).adoptKey(name, options),
    );
  withServer(key.command('abandon-deletion'))
    .description('give up a deletion that has begun where the key lives and does not go on (Manager)')
    .argument('<key>', 'its id or an alias')
    .addHelpText('after', examples('countersign key abandon-deletion payroll'))
    .action(async (name: string, options: KeyOptions) =>
      (await import('./abandon-deletion.ts')).abandonDeletion(name, options),
    );
}
