import type { AuditEvent } from '../domain/audit.ts';
import type { Authorization } from '../domain/authorization.ts';
import type { Instance } from '../domain/instance.ts';
import type { Key } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { type ExecutionHistory, executionsOf, type OpeningRecord, openingsOf } from './history.ts';
import { type MailRecord, mailRecords } from './mail-records.ts';
import { permittedKey } from './read-keys.ts';
import { loadAuthorization, referenceOf } from './records/authorization.ts';
import { loadEvents } from './records/event.ts';
import { loadInstance } from './records/instance.ts';
import { keyPartition } from './records/key.ts';
import { loadPeople } from './records/person.ts';

/** Which authorization: its key by id or alias, and its own id. */
export interface AuthorizationName {
  readonly key: string;
  readonly authorizationId: string;
}

export interface FoundAuthorization {
  readonly key: Key;
  readonly instance: Instance;
  readonly authorization: Authorization;
}

const ID = /^[\da-f-]{36}$/i;

/** One authorization of any age, also of a purged key. For whoever may read the key's history. */
export async function findAuthorization(
  context: Context,
  caller: Caller,
  { key: idOrAlias, authorizationId }: AuthorizationName,
): Promise<Decision<FoundAuthorization>> {
  const found = await permittedKey(context, caller, {
    operation: 'readHistory',
    idOrAlias,
    evenPurged: true,
  });
  if (!found.ok) return found;
  const key = found.value;
  const { instanceId, id: keyId } = key;
  const [authorization, instance] = await Promise.all([
    ID.test(authorizationId)
      ? loadAuthorization(context.store, {
          instanceId,
          keyId,
          authorizationId: authorizationId.toLowerCase(),
        })
      : undefined,
    loadInstance(context.store, instanceId),
  ]);
  if (authorization === undefined || instance === undefined) return refuse('authorization-not-found');
  return accept({ key, instance, authorization });
}

/** Everything that is known of one authorization: what people did, what was mailed, opened and run. */
export interface AuthorizationHistory extends FoundAuthorization {
  /** Everybody, those removed included. */
  readonly people: readonly Person[];
  /** Every event of the key, the oldest first. */
  readonly chain: readonly AuditEvent[];
  /** Of this authorization, the oldest first. */
  readonly events: readonly AuditEvent[];
  readonly mails: readonly MailRecord[];
  readonly openings: readonly OpeningRecord[];
  /** For as long as the workflow service keeps them. */
  readonly executions: readonly ExecutionHistory[];
}

export async function authorizationHistory(
  context: Context,
  caller: Caller,
  name: AuthorizationName,
): Promise<Decision<AuthorizationHistory>> {
  const found = await findAuthorization(context, caller, name);
  if (!found.ok) return found;
  const { key, authorization } = found.value;
  const reference = referenceOf(authorization);
  const [people, chain, mails, openings, executions] = await Promise.all([
    loadPeople(context.store, key.instanceId),
    wholeChain(context, keyPartition(key.instanceId, key.id)),
    mailRecords(context.store, reference),
    openingsOf(context, authorization),
    executionsOf(context, authorization),
  ]);
  return accept({
    ...found.value,
    people,
    chain,
    events: chain.filter(({ authorizationId }) => authorizationId === authorization.id),
    mails,
    openings,
    executions,
  });
}

const AT_ONCE = 1_000;

/** Every event of a chain, the oldest first. */
export async function wholeChain(
  { store }: Pick<Context, 'store'>,
  partition: string,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  let after: string | undefined;
  do {
    const page = await loadEvents(store, partition, {
      limit: AT_ONCE,
      ...(after !== undefined && { after }),
    });
    events.push(...page.events);
    after = page.cursor;
  } while (after !== undefined);
  return events;
}
