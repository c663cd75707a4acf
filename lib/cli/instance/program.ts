import type { Command } from 'commander';
import {
  appended,
  examples,
  parseInstanceName,
  parseRestoreWindowOption,
  parseSwitch,
  parseWindowOption,
  withServer,
} from '../arguments.ts';
import { withPlace } from '../place.ts';
import type { AddOptions } from './add.ts';
import type { ListOptions } from './list.ts';
import { DEFAULTS, withNewInstance } from './new-instance.ts';
import { parseMonths, SWITCHES } from './policy-options.ts';
import type { SetOptions } from './set.ts';
import type { ShowOptions } from './show.ts';

/** `countersign instance …`: made and listed in the data folder; shown and set by a Manager, through the server. */
export function addInstanceCommands(program: Command): void {
  const instance = program
    .command('instance')
    .description('add, list, show and set instances: their settings and policies')
    .addHelpText(
      'after',
      examples('countersign instance show', 'countersign instance set --authorization-window P3D'),
    );
  addAdd(instance);
  withFolder(instance.command('list'))
    .description(
      'list the instances of a data folder, whether a server runs there or not, or of a stack on AWS',
    )
    .addHelpText(
      'after',
      examples(
        'countersign instance list --data-dir /var/lib/countersign',
        'countersign instance list --stack Countersign',
      ),
    )
    .action(async (options: ListOptions) => (await import('./list.ts')).listInstances(options));
  withServer(instance.command('show'))
    .description('show the settings and policies of the instance (Manager)')
    .addHelpText('after', examples('countersign instance show', 'countersign instance show --json'))
    .action(async (options: ShowOptions) => (await import('./show.ts')).showInstance(options));
  addSet(instance);
  withFolder(instance.command('lift-allowed-ip'))
    .description('take the policy on addresses off, when nobody can reach the instance any more')
    .argument('<id>', 'the id of the instance')
    .addHelpText(
      'after',
      examples('countersign instance lift-allowed-ip 0f5e… --data-dir /var/lib/countersign'),
    )
    .action(async (id: string, options: ListOptions) =>
      (await import('./lift-allowed-ip.ts')).liftAllowedIp(id, options),
    );
}

const withFolder = (command: Command): Command => withPlace(command).option('--json', 'print JSON');

function addAdd(instance: Command): void {
  const command = withFolder(instance.command('add'))
    .description(
      'add an instance with its first people to a data folder or a stack, and print their API keys',
    )
    .argument('<name>', 'a name for people to know it by', parseInstanceName);
  const grants = withNewInstance(command);
  command
    .addHelpText(
      'after',
      `\nA server that runs on the folder goes on running.\n${examples(
        'countersign instance add payments --data-dir /var/lib/countersign \\',
        '  --manager ann@example.com --manager bob@example.com --writer cy@example.com',
      )}`,
    )
    .action(async (name: string, options: AddOptions) =>
      (await import('./add.ts')).addInstance(name, { ...DEFAULTS, ...options }, grants),
    );
}

const ON_OR_OFF = ' <on|off>';

function addSet(instance: Command): void {
  const command = withServer(instance.command('set'))
    .description('change settings and policies of the instance (Manager); what is not named stays')
    .option('--name <name>', 'a name for people to know it by', parseInstanceName)
    .option('--authorization-window <duration>', 'how long the second person has', parseWindowOption)
    .option(
      '--reauthorization-window <duration>',
      'how long a closed request may be asked again',
      parseWindowOption,
    )
    .option(
      '--restore-window <duration>',
      'how long a Manager can restore a key that is destroyed from now on; PT0S: never',
      parseRestoreWindowOption,
    )
    .option(`--service-approvals${ON_OR_OFF}`, 'whether services may be the second person', parseSwitch)
    .option(
      `--approval-needs-credential${ON_OR_OFF}`,
      'whether a mailed link approves only with the API key of its person',
      parseSwitch,
    )
    .option(
      `--approval-needs-manifest${ON_OR_OFF}`,
      'whether an approval names the digest of what its person saw',
      parseSwitch,
    )
    .option('--reason <text>', 'why; what weakens a guard rail waits for a second Manager, who reads it')
    .option('--end-trial', 'when no API key that stood in a terminal is used any more')
    .option('--rotation <months|off>', 'how often keys that are created from now on are rotated', parseMonths)
    .option(
      '--allowed-ip <range|off>',
      'from where the instance is reached, such as 192.0.2.0/24; may be repeated; takes the place of what was',
      appended,
    );
  for (const [flag, , description] of SWITCHES) {
    command.option(`--${flag}${ON_OR_OFF}`, description, parseSwitch);
  }
  command
    .addHelpText(
      'after',
      `\nDurations are those of ISO 8601, such as P7D. Requests that have begun keep their windows.\n${examples(
        'countersign instance set --authorization-window P3D --approval-needs-credential on',
        'countersign instance set --dual-authorization on --rotation 6',
        'countersign instance set --allowed-ip 192.0.2.0/24 --allowed-ip 2001:db8::/32',
        'countersign instance set --import-standard-keys off --import-needs-token on',
      )}`,
    )
    .action(async (options: SetOptions) => (await import('./set.ts')).setInstance(options));
}
