import type { Instance } from '../domain/instance.ts';
import { normalizedEmail, type Role } from '../domain/person.ts';
import { type NewInstallation, openDataFolder, setUpInstallation } from '../wiring/data-folder.ts';
import { passphrase } from './passphrase.ts';
import { CliError } from './problem.ts';
import { print, spelled, table } from './terminal.ts';

/** One `--manager EMAIL`, in the order of the command line. */
export interface Grant {
  readonly email: string;
  readonly role: Role;
}

export interface InitOptions {
  readonly dataDir: string;
  readonly instance: string;
  readonly dualAuthorization: boolean;
  /** In seconds. */
  readonly authorizationWindow: number;
  readonly reauthorizationWindow: number;
  readonly restoreWindow: number;
  readonly managerWait: number;
  readonly json?: boolean;
}

/** `countersign init`: makes an installation and shows its API keys, once. */
export async function init(options: InitOptions, grants: readonly Grant[]): Promise<void> {
  const people = peopleOf(grants);
  const folder = await openDataFolder(options.dataDir);
  try {
    const made = await setUpInstallation(folder, requestOf(options, people));
    if (!made.ok) throw new CliError(explained(made.refusal));
    const { instance } = made.value;
    const owners = people.map((person) => ({ ...person, apiKey: apiKeyOf(person.email, made.value.people) }));
    await print(options.json ? asJson(instance, owners) : asText(instance, owners, options));
    await folder.keep();
  } finally {
    await folder.discard();
  }
}

interface NewPerson {
  readonly email: string;
  /** In the order of the command line, each once. */
  readonly roles: readonly Role[];
}

/** One address under two roles is one person. */
export function peopleOf(grants: readonly Grant[]): readonly NewPerson[] {
  const people = new Map<string, { email: string; roles: Role[] }>();
  for (const { email, role } of grants) {
    const person = people.get(email.toLowerCase()) ?? { email, roles: [] };
    if (!person.roles.includes(role)) person.roles.push(role);
    people.set(email.toLowerCase(), person);
  }
  return [...people.values()];
}

function requestOf(options: InitOptions, people: readonly NewPerson[]): NewInstallation {
  return {
    name: options.instance,
    people,
    dualAuthorization: options.dualAuthorization,
    authorizationWindow: options.authorizationWindow,
    reauthorizationWindow: options.reauthorizationWindow,
    restoreWindow: options.restoreWindow,
    managerWait: options.managerWait,
    trial: false,
    ...passphrase(),
  };
}

export function explained({
  code,
  detail,
}: {
  readonly code: string;
  readonly detail?: string | undefined;
}): string {
  switch (code) {
    case 'approver-missing':
      return `dual authorization needs two Managers: give --manager twice, or --dual-authorization off (${code})`;
    case 'last-managers':
      return `an instance needs a Manager: give --manager (${code})`;
    case 'person-exists':
      return `two of the addresses are one person's (${code})`;
    default:
      return `refused: ${detail ?? code} (${code})`;
  }
}

interface KeyOwner extends NewPerson {
  readonly apiKey: string;
}

function apiKeyOf(
  email: string,
  made: readonly { readonly person: { readonly email: string }; readonly apiKey: string }[],
): string {
  const found = made.find(({ person }) => normalizedEmail(person.email) === normalizedEmail(email));
  if (found === undefined) throw new Error('a person was not made');
  return found.apiKey;
}

const asJson = ({ id }: Instance, owners: readonly KeyOwner[]): string =>
  JSON.stringify({
    instanceId: id,
    people: owners.map(({ email, roles, apiKey }) => ({ email, role: roles[0], roles, apiKey })),
  });

function asText(instance: Instance, owners: readonly KeyOwner[], { dataDir }: InitOptions): string {
  const policy = instance.dualAuthDelete?.enabled
    ? `on: a deletion needs two people, the second within ${spelled(instance.authorizationWindow)}`
    : 'off for new keys: one Manager deletes alone';
  const { restoreWindow = 0 } = instance;
  const restoring =
    restoreWindow === 0
      ? 'none: a deletion shreds the material at once'
      : `a Manager can restore a destroyed key for ${spelled(restoreWindow)}`;
  return [
    `Countersign is set up in ${dataDir}`,
    '',
    `instance            ${instance.id} (${instance.name})`,
    `dual authorization  ${policy}`,
    `restore window      ${restoring}`,
    '',
    'API keys, shown this once:',
    '',
    table(owners.map(({ email, roles, apiKey }) => [`  ${email}`, roles.join(', '), apiKey])),
    '',
    `Start it: npx countersign serve --data-dir ${dataDir}`,
  ].join('\n');
}
