import { type Command, Option } from 'commander';
import { DEFAULT_RESTORE_WINDOW } from '../../domain/destruction.ts';
import {
  DEFAULT_AUTHORIZATION_WINDOW,
  DEFAULT_MANAGER_WAIT,
  DEFAULT_REAUTHORIZATION_WINDOW,
} from '../../domain/instance.ts';
import type { Role } from '../../domain/person.ts';
import {
  parseEmail,
  parseManagerWait,
  parseRestoreWindowOption,
  parseSwitch,
  parseWindowOption,
} from '../arguments.ts';
import type { Grant } from '../founders.ts';

const GRANTS = [
  ['--manager <email>', 'Manager', 'approves and denies deletions, sets policy, adds people'],
  ['--writer <email>', 'Writer', 'creates keys, authorizes their deletion'],
  ['--reader <email>', 'Reader', 'uses keys, reads the history'],
  ['--key-purge <email>', 'KeyPurge', 'purges destroyed keys'],
] as const satisfies readonly (readonly [string, Role, string])[];

/** What an instance begins with when nobody says otherwise. */
export const DEFAULTS = {
  authorizationWindow: DEFAULT_AUTHORIZATION_WINDOW,
  reauthorizationWindow: DEFAULT_REAUTHORIZATION_WINDOW,
  restoreWindow: DEFAULT_RESTORE_WINDOW,
  managerWait: DEFAULT_MANAGER_WAIT,
};

/**
 * The options of commands that make an instance.
 * @returns its people in the order of the command line, once that is read: each option's own list would lose it.
 */
export function withNewInstance(command: Command): readonly Grant[] {
  const grants: Grant[] = [];
  for (const [flags, role, description] of GRANTS) {
    command.option(flags, `${description}; may be repeated`, (email: string) =>
      grants.push({ email: parseEmail(email), role }),
    );
  }
  command
    .addOption(
      new Option('--dual-authorization <on|off>', 'whether deleting a key needs two people')
        .argParser(parseSwitch)
        .default(true, 'on'),
    )
    .option(
      '--authorization-window <duration>',
      'how long the second person has (default: P7D)',
      parseWindowOption,
    )
    .option(
      '--reauthorization-window <duration>',
      'how long a closed request may be asked again (default: P2D)',
      parseWindowOption,
    )
    .option(
      '--restore-window <duration>',
      'how long a Manager can restore a destroyed key; PT0S: never (default: P30D)',
      parseRestoreWindowOption,
    )
    .option(
      '--manager-wait <duration>',
      'how long somebody is a Manager before they may approve what is asked for; PT0S: not at all (default: P1D)',
      parseManagerWait,
    );
  return grants;
}
