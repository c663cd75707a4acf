import type { AuditEvent } from '../../../lib/domain/audit.ts';
import { DESTROYED } from '../../../lib/domain/key.ts';
import { referenceOf } from '../../../lib/operations/records/authorization.ts';
import { loadEvents } from '../../../lib/operations/records/event.ts';
import { keyPartition, loadKey } from '../../../lib/operations/records/key.ts';
import { deleteKeyStep } from '../../../lib/operations/steps/delete-key.ts';
import { currentAuthorization } from '../../../lib/operations/transition.ts';
import type { Ended } from '../../support/interleavings.ts';
import { brokenRules } from '../../support/rules.ts';
import type { ActorName, Answer } from './actors.ts';
import type { Situation } from './situations.ts';

/** How a race ended. */
export interface Race {
  readonly ended: readonly Ended<Answer>[];
  /** Who has committed something, in this order. */
  readonly order: readonly string[];
}

const SET = 'kms.secrets.setkeyfordeletion';
const UNSET = 'kms.secrets.unsetkeyfordeletion';
const DELETE = 'kms.secrets.delete';
const APPROVE = 'countersign.authorization.approve';
const DENY = 'countersign.authorization.deny';
const ASKS: ReadonlySet<string> = new Set([SET, 'countersign.authorization.reauthorize']);
const CHANGES_THE_LOSS: ReadonlySet<string> = new Set(['kms.secrets.rotate', 'kms.registrations.create']);
const ENDS: ReadonlySet<string> = new Set([
  DENY,
  UNSET,
  'countersign.authorization.expire',
  'countersign.authorization.supersede',
  'countersign.authorization.void',
  'countersign.authorization.refuse',
]);

/** How many of them were answered with a yes. */
export const saidYes = ({ ended }: Race, ...names: readonly ActorName[]): number =>
  ended.filter(({ name, result }) => result === true && names.some((one) => one === name)).length;

/** Whether one committed something after another one had. */
const cameAfter = ({ order }: Race, late: ActorName, early: ActorName): boolean =>
  order.includes(early) && order.lastIndexOf(late) > order.indexOf(early);

/** What is wrong when everybody is done, and when what stands then was carried out as the execution would. */
export async function wrongsOf(situation: Situation, race: Race): Promise<readonly string[]> {
  const { operations, desk, store } = situation;
  const found = await wrongs(situation, race);
  const before = await loadKey(store, desk.instanceId, desk.keyId);
  const current = before && (await currentAuthorization(store, before));
  if (current?.status !== 'approved') return found;
  await deleteKeyStep(operations.through(store), referenceOf(current));
  const after = await loadKey(store, desk.instanceId, desk.keyId);
  const gone = goneOf(situation, race).map(({ id }) => id);
  const counted =
    after?.state === DESTROYED && [current.requester, current.approver].some((id) => gone.includes(id));
  return [
    ...found,
    ...(await wrongs(situation, race)),
    ...those({ 'somebody who was gone counted': counted }),
  ];
}

/** The rules, and those that only the race itself knows of. */
async function wrongs(situation: Situation, race: Race): Promise<readonly string[]> {
  const { desk, store } = situation;
  const { events } = await loadEvents(store, keyPartition(desk.instanceId, desk.keyId), { limit: 1000 });
  return [
    ...(await brokenRules(store, desk)),
    ...race.ended.flatMap(({ name, error }) => (error instanceof Error ? [`${name}: ${error.message}`] : [])),
    ...ofTheAnswers(race, events),
    ...ofTheDecisions(situation, events),
    ...ofThePeople(situation, race, events),
  ];
}

function ofTheAnswers(race: Race, events: readonly AuditEvent[]): readonly string[] {
  const count = (wanted: string) => events.filter(({ action }) => action === wanted).length;
  return those({
    'a withdrawal was answered that left no event': saidYes(race, 'wendy withdraws') > count(UNSET),
    'an approval was answered that left no event':
      saidYes(race, 'alice approves', 'bob approves') > count(APPROVE),
    'a denial was answered that left no event': saidYes(race, 'bob denies') > count(DENY),
    'a rotation was answered that left no event':
      saidYes(race, 'the key is rotated') > count('kms.secrets.rotate'),
  });
}

function ofTheDecisions(
  { stopsSeen, desk, round }: Situation,
  events: readonly AuditEvent[],
): readonly string[] {
  const actions = events.map(({ action }) => action);
  const decisions = events
    .filter(({ action }) => action === APPROVE || action === DENY)
    .map(({ authorizationId, round }) => `${authorizationId} ${round}`);
  const stopsBefore = (one: AuditEvent) =>
    events.filter(({ action, sequence }) => action === UNSET && sequence < one.sequence).length;
  const late = (one: AuditEvent) => (stopsSeen.get(one.authorizationId ?? '') ?? 0) < stopsBefore(one);
  const ended = (one: AuditEvent) =>
    events.some(
      ({ action, authorizationId, sequence }) =>
        ENDS.has(action) && authorizationId === one.authorizationId && sequence < one.sequence,
    );
  return those({
    'somebody approved a round that they had not seen': events.some(
      (one) => one.action === APPROVE && one.actor === desk.id('alice') && one.round !== round,
    ),
    'what had changed since it was asked for was approved or destroyed': events.some(
      (one) => (one.action === APPROVE || one.action === DELETE) && hasChanged(one, events),
    ),
    'a round was decided on twice': new Set(decisions).size < decisions.length,
    'a deletion followed a withdrawal':
      actions.includes(UNSET) && actions.lastIndexOf(DELETE) > actions.indexOf(UNSET),
    'a deletion followed the end of what asked for it': events.some(
      (one) => one.action === DELETE && ended(one),
    ),
    'a request that was on its way outlived a withdrawal': events.some(
      (one) => one.action === SET && late(one),
    ),
  });
}

const GOING = [
  ['alice loses her role', 'alice'],
  ['alice is removed', 'alice'],
  ['wendy is removed', 'wendy'],
] as const satisfies readonly (readonly [ActorName, string])[];

/** Who can decide on nothing any more, and who saw to that. */
const goneOf = ({ desk }: Situation, race: Race) =>
  GOING.filter(([by]) => race.order.includes(by)).map(([by, name]) => ({ by, id: desk.id(name) }));

/** Where this round was asked for. */
const askingOf = (one: AuditEvent, events: readonly AuditEvent[]): AuditEvent | undefined =>
  events.find(
    ({ action, authorizationId, round }) =>
      ASKS.has(action) && authorizationId === one.authorizationId && round === one.round,
  );

/** Whether what would be lost was no longer what the round had asked for. */
const hasChanged = (one: AuditEvent, events: readonly AuditEvent[]): boolean =>
  events.some(
    ({ action, sequence }) =>
      CHANGES_THE_LOSS.has(action) &&
      sequence < one.sequence &&
      sequence > (askingOf(one, events)?.sequence ?? 0),
  );

/** Nobody's word counts once they are gone: no approval is written, no key destroyed, on it. */
function ofThePeople(situation: Situation, race: Race, events: readonly AuditEvent[]): readonly string[] {
  const askedBy = (one: AuditEvent) => askingOf(one, events)?.actor;
  const gone = goneOf(situation, race);
  const cameTooLate = (late: ActorName, one: AuditEvent) =>
    gone.some(({ by, id }) => [one.actor, askedBy(one)].includes(id) && cameAfter(race, late, by));
  const approvals = (name: 'alice' | 'bob') =>
    events.filter(({ action, actor }) => action === APPROVE && actor === situation.desk.id(name));
  return those({
    'an approval was written after one of the two was gone':
      approvals('alice').some((one) => cameTooLate('alice approves', one)) ||
      approvals('bob').some((one) => cameTooLate('bob approves', one)),
    'a key was destroyed after one of the two was gone': events.some(
      (one) => one.action === DELETE && cameTooLate('the key is to be deleted', one),
    ),
  });
}

const those = (statements: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(statements).flatMap(([wrong, happened]) => (happened ? [wrong] : []));
