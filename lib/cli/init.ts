import type { Instance } from '../domain/instance.ts';
import { normalizedEmail } from '../domain/person.ts';
import { type NewInstallation, openDataFolder, setUpInstallation } from '../wiring/data-folder.ts';
import { explained, type Grant, type NewPerson, peopleOf } from './founders.ts';
import { passphrase } from './passphrase.ts';
import type { Place } from './place.ts';
import { CliError } from './problem.ts';
import { print, spelled, table } from './terminal.ts';

export interface InitOptions extends Place {
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
  const { dataDir = '' } = options;
  const people = peopleOf(grants);
  const folder = await openDataFolder(dataDir);
  try {
    const made = await setUpInstallation(folder, requestOf(options, people));
    if (!made.ok) throw new CliError(explained(made.refusal));
    const { instance } = made.value;
    const owners = people.map((person) => ({ ...person, apiKey: apiKeyOf(person.email, made.value.people) }));
    await print(options.json ? asJson(instance, owners) : asText(instance, owners, { ...options, dataDir }));
    await folder.keep();
  } finally {
    await folder.discard();
  }
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

function asText(
  instance: Instance,
  owners: readonly KeyOwner[],
  { dataDir }: { readonly dataDir: string },
): string {
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
