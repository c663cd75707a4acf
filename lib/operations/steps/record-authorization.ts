import type { EventDraft } from '../../domain/audit.ts';
import type { Authorization, DecidedThrough, In } from '../../domain/authorization.ts';
import { requestCounts } from '../../domain/frozen-requests.ts';
import type { Key } from '../../domain/key.ts';
import { supersede } from '../../domain/outcome.ts';
import type { Person } from '../../domain/person.ts';
import { accept, type Decision, type Refusal, refuse } from '../../domain/refusal.ts';
import { requestDeletion, requestSoleDeletion } from '../../domain/request.ts';
import { type EpochMillis, HOUR } from '../../domain/time.ts';
import type { Write } from '../../ports/store.ts';
import { attempt } from '../attempts.ts';
import { requesterStillCounts } from '../both-people.ts';
import { commitKeyChange } from '../change.ts';
import type { Context } from '../context.ts';
import type { ExecutionInput } from '../execution-input.ts';
import { type MailDraft, mailWrites, outcomeMails, requestMails } from '../mails.ts';
import { attributesOf } from '../records/attributes.ts';
import {
  authorizationItem,
  authorizationKey,
  loadAuthorization,
  loadRefusedRequest,
  type Reference,
  referenceOf,
  refusedRequestKey,
} from '../records/authorization.ts';
import { loadInstance, type StoredInstance } from '../records/instance.ts';
import { loadKey } from '../records/key.ts';
import { loadPeople } from '../records/person.ts';
import { loadRequest } from '../records/request.ts';
import { beginRound } from '../round.ts';
import { asRead, currentAuthorization, wake } from '../transition.ts';
import { transientIfContended } from './contention.ts';
import { type Progress, progressOf } from './progress.ts';

const NOT_RECORDED: Progress = { status: 'not-recorded', secondsLeft: null };

/** An execution starts within seconds of its request: one that comes later was not started by who asked. */
const REQUEST_VALIDITY = HOUR;

/**
 * The first step: records the first authorization as it was asked for, or why it is refused. Of the input only the
 * names count. Run again, also by a later incarnation of the execution, it answers what became of it.
 * @throws TransientError when others changed the key again and again meanwhile.
 */
export async function recordAuthorization(context: Context, input: ExecutionInput): Promise<Progress> {
  const recorded = await attempt(context, async () => {
    const existing = await loadAuthorization(context.store, input);
    if (existing !== undefined) return accept(progressOf(existing, context.clock.now()));
    if ((await loadRefusedRequest(context.store, input)) !== undefined) return accept(NOT_RECORDED);
    return recordOnce(context, input);
  });
  return transientIfContended(recorded);
}

async function recordOnce(
  context: Context,
  { incarnation, ...names }: ExecutionInput,
): Promise<Decision<Progress> | undefined> {
  const asked = await loadRequest(context.store, names);
  const now = context.clock.now();
  if (asked === undefined || now - asked.askedAt > REQUEST_VALIDITY) {
    return refuseRequest(context, names, NOT_ASKED_FOR);
  }
  const input = { ...asked, incarnation };
  const request = await load(context, input);
  if (!request.ok) return refuseRequest(context, input, request.refusal);
  const decision = decide(request.value, input, now);
  if (!decision.ok) return refuseRequest(context, input, decision.refusal);
  // Asked for before the freeze, and recorded after it was lifted.
  if (!requestCounts(request.value.requester, asked.askedAt)) {
    return refuseRequest(context, input, { code: 'requests-frozen' });
  }
  const made = await newAuthorization(context, request.value, input, now);
  if (!made.ok) return refuseRequest(context, input, made.refusal);
  const authorization = made.value;
  if (!(await commit(context, request.value, authorization, now))) return undefined;
  if (request.value.current !== undefined) await wakeSuperseded(context, request.value.current);
  return accept(progressOf(authorization, now));
}

const NOT_ASKED_FOR: Refusal = {
  code: 'access-denied',
  detail: 'nobody asked for this deletion, or it was asked for too long ago',
};

interface Loaded {
  readonly instance: StoredInstance;
  readonly key: Key;
  readonly current: Authorization | undefined;
  readonly requester: Person;
  readonly people: readonly Person[];
}

async function load({ store }: Context, input: ExecutionInput): Promise<Decision<Loaded>> {
  const instance = await loadInstance(store, input.instanceId);
  const key = await loadKey(store, input.instanceId, input.keyId);
  if (instance === undefined || key === undefined) return refuse('key-not-found');
  const current = await currentAuthorization(store, key);
  const people = await loadPeople(store, input.instanceId);
  const requester = people.find((person) => person.id === input.requester);
  if (requester === undefined) return refuse('access-denied');
  return accept({ instance, key, current, requester, people });
}

function decide(loaded: Loaded, input: ExecutionInput, now: EpochMillis): Decision<unknown> {
  if (loaded.key.stopVersion !== input.stopVersion) return refuse('stopped-meanwhile');
  if (!input.twoPeople) return requestSoleDeletion({ ...loaded, force: input.force });
  const { serviceApprovals } = loaded.instance;
  const decision = requestDeletion({ serviceApprovals, ...loaded }, now);
  return decision.ok && decision.value === 'repeated' ? refuse('repeated-request') : decision;
}

async function newAuthorization(
  context: Context,
  { instance, key, requester }: Loaded,
  input: ExecutionInput,
  now: EpochMillis,
): Promise<Decision<In<'pending'> | In<'approved'>>> {
  const { reason, ticket, twoPeople, instanceId, keyId, authorizationId, incarnation } = input;
  const round = await beginRound(context, { key, instance, requester, round: 1, reason, ticket }, now);
  if (!round.ok) return round;
  if (input.lossDigest !== undefined && input.lossDigest !== round.value.lossDigest) {
    return refuse('manifest-mismatch');
  }
  const common = { id: authorizationId, instanceId, keyId, twoPeople, incarnation, ...round.value };
  if (twoPeople) return accept({ status: 'pending', ...common });
  const decidedThrough: DecidedThrough = input.decidedThrough ?? 'api';
  const approval = { approver: requester.id, approvedAt: now, decidedThrough };
  return accept({ ...common, status: 'approved', ...approval, ...(input.force === true && { force: true }) });
}

async function commit(
  context: Context,
  loaded: Loaded,
  authorization: In<'pending'> | In<'approved'>,
  now: EpochMillis,
): Promise<boolean> {
  const { key, people, requester } = loaded;
  const { id, round, twoPeople } = authorization;
  const superseded = loaded.current && supersede(loaded.current, now);
  const before = superseded?.ok ? [supersededEvent(superseded.value, requester)] : [];
  const mails = twoPeople ? requestMails(authorization, people) : [];
  return commitKeyChange(context, {
    key,
    now,
    next: { authorizationId: id, ...(twoPeople && setForDeletion(key, authorization)) },
    when: [
      { attribute: 'lossVersion', is: 'equal', value: authorization.lossVersion },
      { attribute: 'stopVersion', is: 'equal', value: key.stopVersion },
      { attribute: 'dualAuthorization', is: 'equal', value: twoPeople },
    ],
    events: [...before, setEvent(authorization, requester.id, round)],
    writes: [
      { put: authorizationItem(authorization, now), when: [{ item: 'absent' }] },
      { check: refusedRequestKey(referenceOf(authorization)), when: [{ item: 'absent' }] },
      ...requesterStillCounts(requester, authorization, key),
      ...(await mailWrites(context, authorization, mails, now)),
      ...(await supersededWrites(context, loaded, superseded, now)),
    ],
  });
}

/** The key's policy is touched by a set, the key itself is not (IBM's CLI samples; contract, section 2.3). */
const setForDeletion = (key: Key, { windowEndsAt, requestedAt, requester }: Authorization): Partial<Key> => ({
  setForDeletionUntil: windowEndsAt,
  ...(key.dualAuthDelete && {
    dualAuthDelete: { ...key.dualAuthDelete, updatedAt: requestedAt, updatedBy: requester },
  }),
});

const setEvent = (authorization: Authorization, actor: string, round: number): EventDraft => ({
  action: 'kms.secrets.setkeyfordeletion',
  actor,
  outcome: 'success',
  authorizationId: authorization.id,
  round,
  data: {
    twoPeople: authorization.twoPeople,
    authExpiration: authorization.windowEndsAt,
    manifestDigest: authorization.manifestDigest,
    lossDigest: authorization.lossDigest,
    reason: authorization.manifest.reason,
    ticket: authorization.manifest.ticket,
  },
});

const supersededEvent = (authorization: Authorization, by: Person): EventDraft => ({
  action: 'countersign.authorization.supersede',
  actor: by.id,
  outcome: 'success',
  authorizationId: authorization.id,
  round: authorization.round,
});

async function supersededWrites(
  context: Context,
  { current, people }: Loaded,
  superseded: Decision<In<'superseded'>> | undefined,
  now: EpochMillis,
): Promise<readonly Write[]> {
  if (current === undefined || !superseded?.ok) return [];
  const mails: readonly MailDraft[] = outcomeMails('superseded', superseded.value, people);
  const put = authorizationItem(superseded.value, now);
  return [{ put, when: asRead(current) }, ...(await mailWrites(context, superseded.value, mails, now))];
}

async function wakeSuperseded(context: Context, before: Authorization): Promise<void> {
  const { instanceId, keyId, id } = before;
  const after = await loadAuthorization(context.store, { instanceId, keyId, authorizationId: id });
  if (after !== undefined) await wake(context, after);
}

/** Kept, so that whoever waits for the answer gets the reason. The step run twice at once finds its own request. */
async function refuseRequest(
  context: Context,
  reference: Reference,
  refusal: Refusal,
): Promise<Decision<Progress> | undefined> {
  const attributes = attributesOf({ authorizationId: reference.authorizationId, ...refusal });
  const result = await context.store.commit([
    { put: { ...refusedRequestKey(reference), attributes }, when: [{ item: 'absent' }] },
    { check: authorizationKey(reference), when: [{ item: 'absent' }] },
  ]);
  return result.committed ? accept(NOT_RECORDED) : undefined;
}
