import { type Authorization, requestingPrincipal } from '../domain/authorization.ts';
import { confirms } from '../domain/key.ts';
import { type Choice, whyNotByLink } from '../domain/link-decision.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { enter, identify, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { recordForeignLink } from './foreign-link.ts';
import { emailsOf } from './read-authorization.ts';
import { beginNextRound } from './reauthorize-deletion.ts';
import { referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { isOutdated, type Link, loadLink } from './records/link.ts';
import { loadPerson } from './records/person.ts';
import { changesSince } from './round.ts';
import { isFrozen, isToAskAgain, isToDecide, type RoundView } from './round-view.ts';
import { takeDecision } from './take-decision.ts';
import { loadCurrent } from './transition.ts';
import { unsetKeyForDeletion } from './unset-key-for-deletion.ts';

/** What the page behind a mailed link shows: to whom it was mailed, and the link's round. */
export type LinkView = RoundView;

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

function offersOf(
  link: Link & Pick<LinkView, 'requestsFrozen'>,
  authorization: Authorization,
  now: number,
): LinkView['offers'] {
  if (authorization.round !== link.round) return 'nothing';
  if (isToDecide(authorization, link.personId, now)) return 'decide';
  const isOwn = requestingPrincipal(authorization) === link.personId;
  return isOwn && isToAskAgain(authorization, link, now) ? 'reauthorize' : 'nothing';
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
  const taken = await takeDecision(context, decision.decision, {
    ...referenceOf(authorization),
    person,
    round,
    manifestDigest,
    decidedThrough: 'link',
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
