import { type Command, Option } from 'commander';
import { examples, parseTime, withServer } from '../arguments.ts';
import type { ExportOptions } from './export.ts';
import type { PublicKeyOptions } from './public-key.ts';
import type { VerifyOptions } from './verify.ts';

/** `countersign audit …`: evidence that needs no trust in a server. Readers and up. */
export function addAuditCommands(program: Command): void {
  const audit = program
    .command('audit')
    .description('export evidence of what happened, and verify it without a server')
    .addHelpText(
      'after',
      examples(
        'countersign audit public-key > keys.json',
        'countersign audit export -o evidence.jsonl',
        'countersign audit verify evidence.jsonl --public-key keys.json',
      ),
    );
  addExport(audit);
  audit
    .command('verify')
    .argument('<file>', 'what export has written')
    .description(
      'say what a file proves and what not, and what is wrong where; ends with 0, 1 (broken) or 2 (unusable)',
    )
    .option('--public-key <file>', 'the keys that count, as public-key printed them: JWK set, JWK or PEM')
    .option(
      '--earlier <file>',
      'an export of the same that was kept elsewhere: nothing in it may have changed since',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples('countersign audit verify evidence.jsonl --public-key keys.json'))
    .action(async (file: string, options: VerifyOptions) =>
      (await import('./verify.ts')).verifyFile(file, options),
    );
  withServer(audit.command('public-key'))
    .description(
      'print the public keys that evidence is verified with: hand them over once, apart from any file',
    )
    .addOption(new Option('--format <format>', 'a JWK set, or PEM').choices(['jwk', 'pem']).default('jwk'))
    .addHelpText('after', examples('countersign audit public-key > keys.json'))
    .action(async (options: PublicKeyOptions) => (await import('./public-key.ts')).printPublicKeys(options));
}

function addExport(audit: Command): void {
  withServer(audit.command('export'))
    .description('write everything that happened, with its checkpoints, into one new file')
    .option('--key <key>', 'of this key alone, by id or alias')
    .option('--authorization <id>', 'of this authorization alone, with the whole chain of its key')
    .option('--from <time>', 'events from this time on: 2026-01-31, or with a time and a zone', parseTime)
    .option('--to <time>', 'events before this time', parseTime)
    .requiredOption('-o, --output <file>', 'the new file')
    .addHelpText(
      'after',
      examples(
        'countersign audit export -o evidence.jsonl',
        'countersign audit export --key payroll -o payroll.jsonl',
        'countersign audit export --from 2026-01-01 --to 2027-01-01 -o 2026.jsonl',
      ),
    )
    .action(async (options: ExportOptions) => (await import('./export.ts')).exportFile(options));
}
