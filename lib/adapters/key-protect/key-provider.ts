import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TransientError } from '../../domain/errors.ts';
import { type External, type ExternalFacts, type StatusThere, usersOf } from '../../domain/external-key.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Described,
  Destroyed,
  DestroyOptions,
  KeyProvider,
  ProviderRefusal,
} from '../../ports/key-provider.ts';
import {
  ANSWER_TIMEOUT,
  type RemoteAnswer,
  type RemoteClient,
  type RemoteRefusal,
  remoteClient,
} from './client.ts';
import type { RemoteKeyProtect } from './configuration.ts';

/** Key Protect lists so many registrations a page. */
const PAGE = 200;
/** As many as a key of ours can have. */
const MOST_REGISTRATIONS = 5_000;

const STATES: { readonly [state: number]: string } = {
  1: 'Active',
  2: 'Suspended',
  3: 'Deactivated',
  5: 'Destroyed',
};
const DESTROYED = 5;

const KEYS = z.object({
  resources: z
    .array(
      z.object({
        id: z.string(),
        name: z.string().optional(),
        state: z.int(),
        aliases: z.array(z.string()).optional(),
        keyVersion: z.object({ id: z.string() }).optional(),
        dualAuthDelete: z
          .looseObject({ enabled: z.boolean().optional(), keySetForDeletion: z.boolean().optional() })
          .optional(),
      }),
    )
    .min(1),
});
type RemoteKey = z.infer<typeof KEYS>['resources'][number];

const REGISTRATIONS = z.object({
  resources: z
    .array(z.object({ resourceCrn: z.string(), preventKeyDeletion: z.boolean().optional() }))
    .optional(),
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Remote {
  readonly first: RemoteClient;
  /** A second service, for keys that need two people there as well. */
  readonly second: RemoteClient | undefined;
}

/**
 * Keys of another installation that speaks Key Protect's API.
 * @param timeout how long one answer may take with all its repeats, in milliseconds.
 */
export function remoteKeyProtect(
  { apiKey, secondApiKey, ...place }: RemoteKeyProtect,
  clock: Clock,
  timeout = ANSWER_TIMEOUT,
): KeyProvider {
  const as = (key: string) => remoteClient({ ...place, apiKey: key }, { clock, timeout });
  const remote: Remote = {
    first: as(apiKey),
    second: secondApiKey === undefined ? undefined : as(secondApiKey),
  };
  return {
    kind: 'key-protect',
    describe: (key) => describe(remote, key),
    destroy: (key, options) => destroy(remote, key, options),
    status: (key) => status(remote, key),
    restore: async () =>
      notPossible('a key that is destroyed there is restored there, by who may do that, and adopted anew'),
  };
}

const pathOf = ({ reference }: External): string => `api/v2/keys/${encodeURIComponent(reference)}`;

async function describe(remote: Remote, key: External): Promise<Described> {
  const found = await keyThere(remote, key);
  if ('refused' in found) return found;
  if (needsSecond(remote, found)) return TWO_NEEDED;
  const registered = await registrations(remote, key);
  if ('refused' in registered) return registered;
  return { facts: factsOf(key, found, registered.all) };
}

interface Registered {
  readonly resourceCrn: string;
  readonly preventKeyDeletion?: boolean | undefined;
}

function factsOf(key: External, there: RemoteKey, registered: readonly Registered[]): ExternalFacts {
  const retained = registered.filter(({ preventKeyDeletion }) => preventKeyDeletion === true).length;
  const names = registered.map(({ resourceCrn }) => resourceCrn);
  return {
    provider: 'key-protect',
    providerName: key.providerName,
    reference: key.reference,
    state: STATES[there.state] ?? `state ${there.state}`,
    ...(there.name !== undefined && { name: there.name }),
    aliases: [...(there.aliases ?? [])].sort(),
    users: usersOf(names, digest, retained),
    ...(there.keyVersion !== undefined && { version: there.keyVersion.id }),
    // Key Protect's API tells of no use.
    lastUse: { known: 'not known' },
  };
}

async function registrations(
  { first }: Remote,
  key: External,
): Promise<{ readonly all: readonly Registered[] } | ProviderRefusal> {
  const all: Registered[] = [];
  for (let offset = 0; offset <= MOST_REGISTRATIONS; offset += PAGE) {
    const answer = await first.call('get', `${pathOf(key)}/registrations?limit=${PAGE}&offset=${offset}`);
    if ('status' in answer) return refusalOf(answer);
    const page = read(REGISTRATIONS, answer.body).resources ?? [];
    all.push(...page);
    if (page.length < PAGE) return { all };
  }
  return notPossible(`more than ${MOST_REGISTRATIONS} resources are registered with the key there`);
}

async function keyThere({ first }: Remote, key: External): Promise<RemoteKey | ProviderRefusal> {
  const answer = await first.call('get', `${pathOf(key)}/metadata`);
  if ('status' in answer)
    return isDeleted(answer) ? { id: key.reference, state: DESTROYED } : refusalOf(answer);
  const [found] = read(KEYS, answer.body).resources;
  if (found?.id !== key.reference) return notPossible('it answered with another key');
  return found;
}

/** @throws TransientError: what answers so is no Key Protect, or a proxy before it. */
function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success)
    throw new TransientError('the remote Key Protect answered with what is no answer of it');
  return parsed.data;
}

const needsSecond = ({ second }: Remote, { dualAuthDelete }: RemoteKey): boolean =>
  dualAuthDelete?.enabled === true && second === undefined;

async function destroy(remote: Remote, key: External, { force }: DestroyOptions): Promise<Destroyed> {
  const found = await keyThere(remote, key);
  if ('refused' in found) return found;
  if (found.state === DESTROYED) return { destroyed: true };
  if (needsSecond(remote, found)) return TWO_NEEDED;
  let deleter = remote.first;
  let wasSet = true;
  if (found.dualAuthDelete?.enabled === true && remote.second !== undefined) {
    // Two services stand for the two people who agreed here; that one person owns both is the remote's to refuse.
    wasSet = found.dualAuthDelete.keySetForDeletion === true;
    if (!wasSet) {
      const set = await remote.first.call('post', `${pathOf(key)}/actions/setKeyForDeletion`);
      if ('status' in set) return isDeleted(set) ? { destroyed: true } : refusalOf(set);
    }
    deleter = remote.second;
  }
  const answer = await deleter.call('delete', `${pathOf(key)}${force === true ? '?force=true' : ''}`);
  if (!('status' in answer) || isDeleted(answer)) return { destroyed: true };
  if (!wasSet) await unset(remote, key);
  return refusalOf(answer);
}

/** Left set, one person there could delete it alone. What was refused stays refused, whatever comes of this. */
const unset = ({ first }: Remote, key: External): Promise<unknown> =>
  first.call('post', `${pathOf(key)}/actions/unsetKeyForDeletion`).catch(() => undefined);

/** A key that is not found says nothing: one that was deleted is found for ninety days, as destroyed. */
async function status(remote: Remote, key: External): Promise<StatusThere> {
  const found = await keyThere(remote, key);
  if ('refused' in found) return { status: 'not known', why: found.detail };
  return found.state === DESTROYED
    ? { status: 'gone' }
    : { status: 'alive', state: STATES[found.state] ?? `state ${found.state}` };
}

/** Key Protect says 410 with KEY_DELETED_ERR; in older answers 409 with KEY_DELETED. */
const isDeleted = (answer: RemoteAnswer): boolean =>
  'status' in answer &&
  (answer.status === 410 || answer.status === 409) &&
  answer.code.startsWith('KEY_DELETED');

const notPossible = (detail: string): ProviderRefusal => ({ refused: 'not-possible', detail });

const TWO_NEEDED = notPossible(
  'the key has a dual-authorization policy there as well: give the configuration the API key of a second service (secondApiKeyFile), or have the policy taken into account there',
);

function refusalOf({ status: http, code }: RemoteRefusal): ProviderRefusal {
  const said = code === '' ? `HTTP ${http}` : `HTTP ${http}, ${code}`;
  if (http === 404) return { refused: 'not-found', detail: `there is no such key (${said})` };
  if (http === 401 || http === 403) {
    return { refused: 'access-denied', detail: `the service may not do this there (${said})` };
  }
  return notPossible(`it refused (${said})`);
}
