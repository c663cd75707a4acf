import { askedIn } from '../domain/approval.ts';
import { type CouldApprove, couldApprove, type NotOpen, whyNotOpen } from '../domain/could-approve.ts';
import { peopleAt } from '../domain/people-then.ts';
import { displayNameOf } from '../domain/person.ts';
import { accept, type Decision } from '../domain/refusal.ts';
import { inRingSinceAt, lastPending, ringAt, roundAt, settingsAt } from '../domain/round-then.ts';
import type { EpochMillis } from '../domain/time.ts';
import {
  type AuthorizationHistory,
  type AuthorizationName,
  type FoundAuthorization,
  findAuthorization,
  wholeChain,
} from './authorization-history.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { instancePartition } from './records/instance.ts';
import { keyPartition } from './records/key.ts';
import { loadPeople } from './records/person.ts';

export interface WhoCouldApprove {
  readonly at: EpochMillis;
  /** The round that it was about then; 0 before it was asked for. */
  readonly round: number;
  /** Why nobody at all could approve at that moment; absent: it waited for an approval. */
  readonly closed?: NotOpen;
  /** Everybody who was one of the instance's then, by name: whether the rule would have taken them. */
  readonly people: readonly CouldApprove[];
}

/**
 * Who could have approved at a moment: people, roles, the key's ring and the instance's settings as the chains of events
 * say they were then. Where no moment is given it is now or, of what does not wait any more, the last one at which it did.
 */
export async function whoCouldApprove(
  context: Context,
  caller: Caller,
  { at: asked, ...name }: AuthorizationName & { readonly at?: EpochMillis | undefined },
): Promise<Decision<WhoCouldApprove>> {
  const found = await findAuthorization(context, caller, name);
  if (!found.ok) return found;
  const { key } = found.value;
  const [chain, people] = await Promise.all([
    wholeChain(context, keyPartition(key.instanceId, key.id)),
    loadPeople(context.store, key.instanceId),
  ]);
  return accept(await couldHaveApproved(context, { ...found.value, chain, people }, asked));
}

/** The same of an authorization whose history has been read: neither its key's chain nor the people are read again. */
export async function couldHaveApproved(
  context: Context,
  history: FoundAuthorization & Pick<AuthorizationHistory, 'chain' | 'people'>,
  asked?: EpochMillis,
): Promise<WhoCouldApprove> {
  const { key: keyNow, instance: instanceNow, authorization, chain: events, people: peopleNow } = history;
  const instanceEvents = await wholeChain(context, instancePartition(instanceNow.id));
  const waits = authorization.status === 'pending';
  const now = waits ? { at: context.clock.now() } : lastPending(authorization, events);
  const moment = asked === undefined ? now : { at: asked };
  const { at } = moment;
  const people = peopleAt(
    { people: peopleNow, events: instanceEvents, createdAt: instanceNow.createdAt },
    at,
  );
  const { inRingSince: _, ...rest } = keyNow;
  const inRingSince = inRingSinceAt(keyNow, events, at);
  const key = {
    ...rest,
    keyRingId: ringAt(keyNow, events, at),
    ...(inRingSince !== undefined && { inRingSince }),
  };
  const instance = settingsAt(instanceNow, instanceEvents, at);
  const then = roundAt({ authorization, events, key, instance, people }, moment);
  if (then === undefined) return { at, round: 0, closed: 'not-asked', people: [] };
  const requester = people.find(({ id }) => id === then.round.requester);
  const closed = whyNotOpen(then, { requester, key, at });
  const measured = couldApprove(people, askedIn(then.round, key, instance.serviceApprovals));
  return {
    at,
    round: then.round.round,
    ...(closed !== undefined && { closed }),
    people: measured.toSorted((a, b) => (displayNameOf(a.person) < displayNameOf(b.person) ? -1 : 1)),
  };
}
