import { type Authorization, MOST_ROUNDS } from '../domain/authorization.ts';
import { confirms } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { approveDeletion, approvedBy, awaitDestruction } from './approve-deletion.ts';
import { enter, identify, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { recordDenial } from './deny-deletion.ts';
import { type AuthorizationView, emailsOf } from './read-authorization.ts';
import { beginNextRound } from './reauthorize-deletion.ts';
import { referenceOf } from './records/authorization.ts';
import { loadInstance } from './records/instance.ts';
import { type Link, loadLink } from './records/link.ts';
import { loadPerson } from './records/person.ts';
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
}

/** What a link's token stands for. Changes nothing, however often it is opened. */
export async function openLink(context: Context, token: string): Promise<Decision<LinkView>> {
  const link = await loadLink(context.store, sha256(token));
  if (link === undefined) return refuse('link-unknown');
  const current = await loadCurrent(context.store, link);
  const instance = await loadInstance(context.store, link.instanceId);
  const person = await loadPerson(context.store, link.instanceId, link.personId);
  if (current === undefined || instance === undefined || person === undefined) return refuse('link-unknown');
  if (person.status !== 'active') return refuse('link-withdrawn');
  const offers = offersOf(link, current.authorization, context.clock.now());
  const emails = await emailsOf(context, link.instanceId);
  return accept({ ...current, instance, person, round: link.round, offers, emails });
}

function offersOf(link: Link, authorization: Authorization, now: number): LinkView['offers'] {
  if (authorization.round !== link.round) return 'nothing';
  if (authorization.status === 'pending') {
    return authorization.requester !== link.personId && now < authorization.windowEndsAt
      ? 'decide'
      : 'nothing';
  }
  const waits = authorization.status === 'lapsed' || authorization.status === 'drifted';
  return waits &&
    authorization.requester === link.personId &&
    authorization.round < MOST_ROUNDS &&
    now < authorization.reauthorizeEndsAt
    ? 'reauthorize'
    : 'nothing';
}

export interface LinkDecision {
  readonly decision: 'approve' | 'deny';
  readonly round: number;
  readonly manifestDigest: string;
  /** The last six characters of the key's id, as typed. */
  readonly confirm: string;
  readonly note?: string;
}

/** Takes the decision of the person that the link was mailed to, by the link's token alone. */
export async function decideByLink(
  context: Context,
  token: string,
  decision: LinkDecision,
): Promise<Decision<LinkView>> {
  const opened = await openLink(context, token);
  if (!opened.ok) return opened;
  const { key, authorization, person, round } = opened.value;
  if (decision.round !== round) return refuse('other-round');
  if (!confirms(key.id, decision.confirm)) return refuse('confirmation-mismatch');
  const { manifestDigest, note } = decision;
  const taken = await take(context, decision.decision, {
    ...referenceOf(authorization),
    person,
    round,
    manifestDigest,
    ...(note !== undefined && { note }),
  });
  return taken.ok ? openLink(context, token) : taken;
}

interface Taken {
  readonly instanceId: string;
  readonly keyId: string;
  readonly authorizationId: string;
  readonly person: Person;
  readonly round: number;
  readonly manifestDigest: string;
  readonly note?: string;
}

async function take(
  context: Context,
  decision: LinkDecision['decision'],
  { person, ...taken }: Taken,
): Promise<Decision<unknown>> {
  if (decision === 'deny') return recordDenial(context, { ...taken, by: person, decidedThrough: 'link' });
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
  if (personId === undefined) return refuse('access-denied');
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
