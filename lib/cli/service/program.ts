import type { Command } from 'commander';
import { examples, withServer } from '../arguments.ts';
import { GRANT_HELP, parseGrant } from '../person/grants.ts';
import type { ServiceAddOptions } from './add.ts';

/** `countersign service …`: identities of programs. They are listed, changed and removed as people are. */
export function addServiceCommands(program: Command): void {
  const service = program
    .command('service')
    .description('add service identities, each with an owner who is the same person to every decision')
    .addHelpText(
      'after',
      examples('countersign service add nightly-backup --owner dan@example.com --role Writer'),
    );
  withServer(service.command('add'))
    .description('add a service identity. Needs a Manager’s API key')
    .argument('<name>', 'what it is called')
    .requiredOption('--owner <person>', 'the address or id of the user whom it belongs to')
    .requiredOption('--role <role>', `${GRANT_HELP}; may be repeated`, parseGrant)
    .option('--reason <text>', 'why; a Manager waits for a second Manager, who reads it')
    .addHelpText(
      'after',
      examples(
        'countersign service add nightly-backup --owner dan@example.com --role Writer',
        'countersign service add storage --owner dan@example.com --role Reader@ring:storage',
      ),
    )
    .action(async (name: string, options: ServiceAddOptions) =>
      (await import('./add.ts')).addService(name, options),
    );
}
