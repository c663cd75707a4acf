import { type Authorization, MOST_ROUNDS, requestingPrincipal } from '../domain/authorization.ts';
import { requestCounts } from '../domain/frozen-requests.ts';
import { confirms } from '../domain/key.ts';
import { type Choice, whyNotByLink } from '../domain/link-decision.ts';
import type { Person, PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { approveDeletion, approvedBy, awaitDestruction } from './approve-deletion.ts';
import { enter, identify, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { recordDenial } from './deny-deletion.ts';
import { recordForeignLink } from './foreign-link.ts';
import { type AuthorizationView, emailsOf } from './read-authorization.ts';
import { beginNextRound } from './reauthorize-deletion.ts';
import { referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { isOutdated, type Link, loadLink } from './records/link.ts';
import { loadPerson } from './records/person.ts';
import { changesSince } from './round.ts';
import { loadCurrent } from './transition.ts';
import { unsetKeyForDeletion } from './unset-key-for-deletion.ts';

/** What the page behind a mailed link shows. */
export interface LinkView extends AuthorizationView {
  /** Whom the link was mailed to. */
  readonly person: Person;
  /** The link's round. */
  readonly round: number;
  /** What the page can take: a decision, a request to ask again, or nothing any more. */
  readonly offers: 'decide' | 'reauthorize' | 'nothing';
  /** Somebody did not expect what the round's requester asked for: it can be denied and no more. */
  readonly requestsFrozen: boolean;
  /** Where it can be asked again: how what would be lost differs from what it was then. */
  readonly changes?: readonly string[];
}

/** What a link's token stands for. Changes nothing, however often it is opened. */
export async function openLink(context: Context, token: string): Promise<Decision<LinkView>> {
  const link = await loadLink(context.store, sha256(token));
  if (link === undefined) return refuse('link-unknown');
  const current = await loadCurrent(context.store, link);
  const instance = await loadInstance(context.store, link.instanceId);
  const person = await loadPerson(context.store, link.instanceId, link.personId);
  if (current === undefined || instance === undefined || person === undefined) return refuse('link-unknown');
  if (person.status !== 'active' || isOutdated(link, person)) return refuse('link-withdrawn');
  const requestsFrozen = await isFrozen(context, current.authorization);
  const offers = offersOf({ ...link, requestsFrozen }, current.authorization, context.clock.now());
  const emails = await emailsOf(context, link.instanceId);
  const changes =
    offers === 'reauthorize' ? await changesSince(context, current.authorization, current.key) : undefined;
  return accept({
    ...current,
    instance,
    person,
    round: link.round,
    offers,
    requestsFrozen,
    emails,
    ...(changes !== undefined && { changes }),
  });
}

async function isFrozen({ store }: Context, round: Authorization): Promise<boolean> {
  const requester = await loadPerson(store, round.instanceId, round.requester);
  return requester !== undefined && !requestCounts(requester, round.requestedAt);
}

function offersOf(
  link: Link & Pick<LinkView, 'requestsFrozen'>,
  authorization: Authorization,
  now: number,
): LinkView['offers'] {
  if (authorization.round !== link.round) return 'nothing';
  if (authorization.status === 'pending') {
    return requestingPrincipal(authorization) !== link.personId && now < authorization.windowEndsAt
      ? 'decide'
      : 'nothing';
  }
  const waits = authorization.status === 'lapsed' || authorization.status === 'drifted';
  return waits &&
    !link.requestsFrozen &&
    requestingPrincipal(authorization) === link.personId &&
    authorization.round < MOST_ROUNDS &&
    now < authorization.reauthorizeEndsAt
    ? 'reauthorize'
    : 'nothing';
}

export interface LinkDecision {
  readonly decision: Choice;
  readonly round: number;
  readonly manifestDigest: string;
  /** The last six characters of the key's id, as typed. */
  readonly confirm: string;
  /** Also although resources are registered with the key. */
  readonly force?: boolean;
  readonly note?: string;
  /** The person's own, where the instance asks for it with an approval. */
  readonly apiKey?: string;
}

/**
 * Takes the decision of the person that the link was mailed to, by the link's token, and by their API key where the
 * instance asks for it. Somebody else's API key is refused and leaves an event.
 */
export async function decideByLink(
  context: Context,
  token: string,
  decision: LinkDecision,
): Promise<Decision<LinkView>> {
  const opened = await openLink(context, token);
  if (!opened.ok) return opened;
  const { key, authorization, instance, person, round } = opened.value;
  if (decision.round !== round) return refuse('other-round');
  if (!confirms(key.id, decision.confirm)) return refuse('confirmation-mismatch');
  const { manifestDigest, force, note, apiKey } = decision;
  const credential = apiKey === undefined ? undefined : { personId: await identify(context, apiKey) };
  const why = whyNotByLink({ personId: person.id, instance }, decision.decision, credential);
  if (why !== undefined) return refusedLink(context, opened.value, { why, user: credential?.personId });
  const taken = await take(context, decision.decision, {
    ...referenceOf(authorization),
    person,
    round,
    manifestDigest,
    ...(force !== undefined && { force }),
    ...(note !== undefined && { note }),
    ...(credential !== undefined && { withCredential: true as const }),
  });
  return taken.ok ? openLink(context, token) : taken;
}

/** The refusal, with its event where a link is used by somebody whom it was not mailed to. */
async function refusedLink(
  context: Context,
  { authorization, person, round }: LinkView,
  { why, user }: { readonly why: 'credential-needed' | 'other-person'; readonly user: PersonId | undefined },
): Promise<Decision<never>> {
  if (why === 'other-person' && user !== undefined) {
    await recordForeignLink(context, { ...referenceOf(authorization), round, personId: person.id }, user);
  }
  return refuse(why);
}

interface Taken {
  readonly instanceId: string;
  readonly keyId: string;
  readonly authorizationId: string;
  readonly person: Person;
  readonly round: number;
  readonly manifestDigest: string;
  readonly force?: boolean;
  readonly note?: string;
  readonly withCredential?: true;
}

async function take(
  context: Context,
  decision: LinkDecision['decision'],
  { person, ...taken }: Taken,
): Promise<Decision<unknown>> {
  if (decision !== 'approve') {
    const unexpected = decision === 'unexpected';
    return recordDenial(context, { ...taken, by: person, decidedThrough: 'link', unexpected });
  }
  const approved = await approveDeletion(context, { ...taken, approver: person, decidedThrough: 'link' });
  return approved.ok || (await approvedBy(context, taken, person))
    ? awaitDestruction(context, taken)
    : approved;
}

export interface LinkReauthorization {
  readonly decision: 'reauthorize' | 'decline';
  readonly round: number;
  /** The credential: asking again is authorizing, and no mail may do that. */
  readonly apiKey: string;
}

/** Asks again, or lets it lapse, on the page behind the mail that says that the window has closed. */
export async function reauthorizeByLink(
  context: Context,
  token: string,
  { decision, round, apiKey }: LinkReauthorization,
): Promise<Decision<LinkView>> {
  const opened = await openLink(context, token);
  if (!opened.ok) return opened;
  const { key, authorization, offers } = opened.value;
  if (round !== opened.value.round) return refuse('other-round');
  if (offers !== 'reauthorize') return refuse('reauthorization-closed');
  const personId = await identify(context, apiKey);
  if (personId === undefined) return refuse('credential-needed');
  if (personId !== opened.value.person.id) {
    return refusedLink(context, opened.value, { why: 'other-person', user: personId });
  }
  const caller = await enter(context, key.instanceId, personId);
  if (!caller.ok) return caller;
  const taken: Decision<unknown> =
    decision === 'reauthorize'
      ? await beginNextRound(context, { ...referenceOf(authorization), by: caller.value.person, round })
      : await unsetKeyForDeletion(context, caller.value, key.id, {
          only: { authorizationId: authorization.id, round },
        });
  return taken.ok ? openLink(context, token) : taken;
}
