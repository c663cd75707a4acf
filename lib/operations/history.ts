import type { AuditEvent } from '../domain/audit.ts';
import type { Authorization } from '../domain/authorization.ts';
import type { Key } from '../domain/key.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { ExecutionEvent, ExecutionStatus } from '../ports/workflow.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { type MailRecord, mailRecords } from './mail-records.ts';
import { emailsOf } from './read-authorization.ts';
import { permittedKey } from './read-keys.ts';
import { authorizationOfItem, referenceOf } from './records/authorization.ts';
import { loadEvents } from './records/event.ts';
import { keyPartition } from './records/key.ts';
import { loadOpenings, type Opening } from './records/opening.ts';
import { executionName } from './transition.ts';

/** Newest first; a key with more has its older ones in its events. */
const MOST_AUTHORIZATIONS = 100;
/** Whose executions are read: each is a call to the workflow service. */
const MOST_EXECUTIONS = 10;
const MOST_EXECUTION_EVENTS = 1000;

export interface ExecutionHistory {
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly events: readonly ExecutionEvent[];
}

/** That the page behind a person's link was shown; a mail scanner does that too. */
export type OpeningRecord = Pick<
  Opening,
  'authorizationId' | 'round' | 'personId' | 'firstAt' | 'lastAt' | 'count'
>;

export interface KeyHistory {
  readonly key: Key;
  readonly emails: { readonly [personId: string]: string };
  /** Newest first. */
  readonly authorizations: readonly Authorization[];
  /** Oldest first; `cursor` is there when there are more. */
  readonly events: readonly AuditEvent[];
  readonly cursor?: string;
  readonly mails: readonly MailRecord[];
  readonly openings: readonly OpeningRecord[];
  readonly executions: readonly ExecutionHistory[];
}

/** Who did what with this key and when, and what its executions went through; a purged key's too, by its id. */
export async function keyHistory(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<Decision<KeyHistory>> {
  const found = await permittedKey(context, caller, {
    operation: 'readHistory',
    idOrAlias,
    evenPurged: true,
  });
  if (!found.ok) return found;
  const key = found.value;
  const authorizations = await authorizationsOf(context, key);
  const newest = authorizations.slice(0, MOST_EXECUTIONS);
  const [events, mails, openings, executions, emails] = await Promise.all([
    loadEvents(context.store, keyPartition(key.instanceId, key.id), page),
    Promise.all(newest.map((authorization) => mailRecords(context.store, referenceOf(authorization)))),
    Promise.all(newest.map((authorization) => openingsOf(context, authorization))),
    Promise.all(newest.map((authorization) => executionsOf(context, authorization))),
    emailsOf(context, key.instanceId),
  ]);
  return accept({
    key,
    emails,
    authorizations,
    ...events,
    mails: mails.flat(),
    openings: openings.flat(),
    executions: executions.flat(),
  });
}

async function authorizationsOf({ store }: Context, key: Key): Promise<readonly Authorization[]> {
  const partition = keyPartition(key.instanceId, key.id);
  const query = { table: 'main', partition, prefix: 'authorization#', limit: 1000 } as const;
  let newest: readonly Authorization[] = [];
  let after: string | undefined;
  // They are stored by id, so that the newest can be on any page.
  do {
    const { items, cursor } = await store.query({ ...query, ...(after !== undefined && { after }) });
    newest = [...newest, ...items.map(authorizationOfItem)]
      .sort((a, b) => b.requestedAt - a.requestedAt)
      .slice(0, MOST_AUTHORIZATIONS);
    after = cursor;
  } while (after !== undefined);
  return newest;
}

export async function openingsOf(
  { store }: Context,
  authorization: Authorization,
): Promise<readonly OpeningRecord[]> {
  const openings = await loadOpenings(store, referenceOf(authorization));
  return openings.map(({ authorizationId, round, personId, firstAt, lastAt, count }) => ({
    authorizationId,
    round,
    personId,
    firstAt,
    lastAt,
    count,
  }));
}

/** Every incarnation that the workflow service still knows, the newest last. */
export async function executionsOf(
  { workflow }: Context,
  { id, incarnation }: Authorization,
): Promise<readonly ExecutionHistory[]> {
  const names = Array.from({ length: Math.min(incarnation, MOST_EXECUTIONS) }, (_, i) =>
    executionName({ id, incarnation: incarnation - i }),
  ).reverse();
  const executions = await Promise.all(
    names.map(async (name) => {
      const status = await workflow.status(name);
      if (status === undefined) return [];
      const { events } = await workflow.history(name, { limit: MOST_EXECUTION_EVENTS });
      return [{ name, status, events }];
    }),
  );
  return executions.flat();
}
