import { DEFAULT_RESTORE_WINDOW } from '../domain/destruction.ts';
import { DEFAULT_AUTHORIZATION_WINDOW, DEFAULT_REAUTHORIZATION_WINDOW } from '../domain/instance.ts';
import type { Role } from '../domain/person.ts';
import { type DataFolder, type NewInstallation, setUpInstallation } from '../wiring/data-folder.ts';
import { passphrase } from './passphrase.ts';
import { CliError } from './problem.ts';
import { table } from './terminal.ts';

/** Two Managers, so that either of them can be the second person. */
const PEOPLE = [
  { email: 'mia@example.com', roles: ['Manager'] },
  { email: 'max@example.com', roles: ['Manager'] },
  { email: 'will@example.com', roles: ['Writer'] },
  { email: 'rita@example.com', roles: ['Reader'] },
] as const satisfies NewInstallation['people'];

const ALIAS = 'payroll';

/** The instance that a first start makes, with the API keys that nobody will see again. */
export interface Trial {
  readonly instanceId: string;
  readonly people: readonly { readonly email: string; readonly role: Role; readonly apiKey: string }[];
}

/** @throws CliError, PermanentError when the instance cannot be made. */
export async function setUpTrial(folder: DataFolder): Promise<Trial> {
  const made = await setUpInstallation(folder, {
    name: 'trial',
    people: PEOPLE,
    dualAuthorization: true,
    authorizationWindow: DEFAULT_AUTHORIZATION_WINDOW,
    reauthorizationWindow: DEFAULT_REAUTHORIZATION_WINDOW,
    restoreWindow: DEFAULT_RESTORE_WINDOW,
    trial: true,
    ...passphrase(),
  });
  if (!made.ok) throw new CliError(`the trial instance was refused (${made.refusal.code})`);
  const { instance, people } = made.value;
  const shown = PEOPLE.map(({ email, roles: [role] }) => {
    const apiKey = people.find(({ person }) => person.email === email)?.apiKey;
    if (apiKey === undefined) throw new Error('a person of the trial instance was not made');
    return { email, role, apiKey };
  });
  return { instanceId: instance.id, people: shown };
}

/**
 * What a first start says. The commands stand alone on their lines, to be pasted as they are; the key goes by its
 * alias, so that nothing has to be copied out of an answer.
 */
export function trialText(trial: Trial, url: string, dataDir: string): string {
  return [
    `This is a trial instance in ${dataDir}, with dual authorization on.`,
    'Until the trial ends, one Manager is enough to make Managers and to change settings; then it needs two.',
    'Its API keys, shown this once:',
    '',
    table(trial.people.map(({ email, role, apiKey }) => [`  ${role}`, email, apiKey])),
    '',
    `Its instance id: ${trial.instanceId}`,
    '',
    `The console is at ${url}/ in a browser: sign in with one of the API keys.`,
    '',
    'Create a key, authorize its deletion as the Writer, delete it as a Manager:',
    '',
    ...commands(trial, url),
  ].join('\n');
}

function commands({ instanceId, people }: Trial, url: string): readonly string[] {
  const by = (role: Role) => people.find((person) => person.role === role)?.apiKey;
  const call = (role: Role, request: string) =>
    `curl -sS -w '\\nHTTP %{http_code}\\n' ${request} -H 'authorization: Bearer ${by(role)}' -H 'bluemix-instance: ${instanceId}'`;
  const key = `${url}/api/v2/keys/${ALIAS}`;
  const body = JSON.stringify({
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'Payroll backups', aliases: [ALIAS], extractable: false }],
  });
  return [
    `${call('Writer', `-X POST ${url}/api/v2/keys`)} -H 'content-type: application/json' -d '${body}'`,
    call('Writer', `-X POST ${key}/actions/setKeyForDeletion`),
    `${call('Manager', `-X DELETE ${key}`)} -H 'prefer: return=representation'`,
  ];
}
