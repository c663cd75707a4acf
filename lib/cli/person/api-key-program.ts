import type { Command } from 'commander';
import { examples, withServer } from '../arguments.ts';
import type { PersonOptions } from './list.ts';

interface WhoseOptions extends PersonOptions {
  readonly of: string;
}

/** `countersign person key …`: one's own API keys, and those of one's services; a Manager can revoke anybody's. */
export function addApiKeyCommands(person: Command): void {
  const key = person
    .command('key')
    .description('create, list and revoke API keys: your own, or with --of those of a service of yours')
    .addHelpText(
      'after',
      examples('countersign person key create', 'countersign person key list --of nightly-backup'),
    );
  const whose = (command: Command): Command =>
    withServer(command).option('--of <person>', 'whose: an address, a service’s name, or an id', 'me');
  whose(key.command('create'))
    .description('make another API key, and print it')
    .addHelpText(
      'after',
      examples('countersign person key create', 'countersign person key create --of nightly-backup'),
    )
    .action(async (options: WhoseOptions) => (await import('./api-keys.ts')).createKey(options.of, options));
  whose(key.command('list'))
    .description('list the API keys, without the keys themselves')
    .addHelpText(
      'after',
      examples('countersign person key list', 'countersign person key list --of dan@example.com'),
    )
    .action(async (options: WhoseOptions) => (await import('./api-keys.ts')).listKeys(options.of, options));
  whose(key.command('revoke'))
    .description('take an API key away, at once and with the tokens that were made from it')
    .argument('<id>', 'its id in the list')
    .addHelpText('after', examples('countersign person key revoke 0f2d9c1b7a6e5d4c --of dan@example.com'))
    .action(async (id: string, options: WhoseOptions) =>
      (await import('./api-keys.ts')).revokeKey(id, options.of, options),
    );
}
