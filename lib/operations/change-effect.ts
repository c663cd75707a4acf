import type { EventDraft } from '../domain/audit.ts';
import { boundPerson, boundSettings, type Change, type ChangeRequest } from '../domain/change-request.ts';
import { changedSettings, settingsOf } from '../domain/instance-settings.ts';
import type { Person } from '../domain/person.ts';
import { changePerson } from '../domain/person-change.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { personEffect, whyNotPerson } from './person-effect.ts';
import type { StoredInstance } from './records/instance.ts';
import { digestOf } from './request-change.ts';
import { settingsEvent } from './settings-effect.ts';

/** What carrying out a change request would be now. */
export interface ChangeEffect {
  /** What is asked for and what is there now: the digest that the request was made with, or it has drifted. */
  readonly digest: string;
  /** Why it cannot be done among what is there now, where it cannot. */
  readonly possible: Decision<unknown>;
  readonly event: EventDraft;
  readonly writes: readonly Write[];
  readonly next: Partial<StoredInstance>;
}

interface Doing {
  readonly approvedBy: Person;
  readonly now: EpochMillis;
}

/** The effect of a request; undefined when whom it is about is gone. */
export function changeEffect(
  instance: StoredInstance,
  people: readonly Person[],
  request: ChangeRequest,
  doing: Doing,
): ChangeEffect | undefined {
  const { change } = request;
  switch (change.kind) {
    case 'person':
      return ofPerson(instance, people, { ...request, change }, doing);
    case 'settings':
      return ofSettings(instance, { ...request, change }, doing);
    default:
      return change satisfies never;
  }
}

type Of<Kind extends Change['kind']> = ChangeRequest & { readonly change: Change & { readonly kind: Kind } };

/** Who asked did it, and the second one let them. */
const said = ({ id, reason }: ChangeRequest, { approvedBy }: Doing) => ({
  changeRequest: id,
  approvedBy: approvedBy.id,
  reason,
});

function ofPerson(
  instance: StoredInstance,
  people: readonly Person[],
  request: Of<'person'>,
  doing: Doing,
): ChangeEffect | undefined {
  const { change } = request;
  const before = people.find(({ id, status }) => id === change.person && status !== 'removed');
  if (before === undefined) return undefined;
  const digest = digestOf(change, boundPerson(before));
  const decision = changePerson(before, change, doing.now);
  const after = decision.ok ? decision.value : before;
  const by = people.find(({ id }) => id === request.requester) ?? doing.approvedBy;
  const possible = decision.ok ? whyNotPerson(instance, people, after) : decision;
  const effect = personEffect(people, { before, after, by }, { now: doing.now, data: said(request, doing) });
  return { digest, possible, ...effect, next: {} };
}

function ofSettings(instance: StoredInstance, request: Of<'settings'>, doing: Doing): ChangeEffect {
  const { settings } = request.change;
  const digest = digestOf(request.change, boundSettings(settingsOf(instance), settings));
  // Whether a trial may end is not asked again: while it goes on nothing waits for a second Manager.
  const possible = changedSettings(instance, settings, []);
  const next = possible.ok ? possible.value : {};
  return {
    digest,
    possible: possible.ok ? accept(undefined) : possible,
    event: settingsEvent(request.requester, { instance, next }, said(request, doing)),
    writes: [],
    next,
  };
}
