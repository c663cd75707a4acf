import { type AuditAction, COUNTERSIGN } from '../domain/audit.ts';
import {
  APPROVAL_VALIDITY,
  type Authorization,
  type In,
  reauthorizationWindowOf,
  requestingPrincipal,
} from '../domain/authorization.ts';
import { settle } from '../domain/outcome.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Condition } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Context } from './context.ts';
import { type MailDraft, outcomeMails } from './mails.ts';
import type { Reference } from './records/authorization.ts';
import { loadPeople } from './records/person.ts';
import { commitTransition, loadCurrent } from './transition.ts';

type Settled = In<'lapsed'> | In<'expired'> | In<'void'>;

/**
 * Writes what the passing of time has made of an authorization: a closed window lapses, an unanswered lapse expires,
 * an approval that nobody carried out is void. The time is a condition of the write, not the firing of a timer.
 * @returns the authorization as it is then.
 */
export function settleAuthorization(
  context: Context,
  reference: Reference,
): Promise<Decision<Authorization>> {
  return attempt(context, async () => {
    const current = await loadCurrent(context.store, reference);
    if (current === undefined) return refuse('key-not-found');
    const { key, authorization: before } = current;
    const now = context.clock.now();
    const after = settle(before, reauthorizationWindowOf(before), now);
    if (after === undefined) return accept(before);
    const people = await loadPeople(context.store, reference.instanceId);
    const committed = await commitTransition(context, {
      key,
      before,
      after,
      now,
      event: { action: ACTIONS[after.status], actor: COUNTERSIGN, outcome: 'success' },
      mails: mailsOf(after, people),
      nextKey: { setForDeletionUntil: undefined },
      when: [isOverdue(before, now)],
    });
    return committed ? accept(after) : undefined;
  });
}

const ACTIONS = {
  lapsed: 'countersign.authorization.lapse',
  expired: 'countersign.authorization.expire',
  void: 'countersign.authorization.void',
} as const satisfies { readonly [status in Settled['status']]: AuditAction };

function mailsOf(after: Settled, people: readonly Person[]): readonly MailDraft[] {
  if (after.status === 'lapsed') return [{ template: 'window-closed', to: requestingPrincipal(after) }];
  return outcomeMails(after.status === 'expired' ? 'expired' : 'not-carried-out', after, people);
}

/** The end that has been reached, as a condition of the write. */
function isOverdue({ status }: Authorization, now: EpochMillis): Condition {
  if (status === 'approved') return { attribute: 'approvedAt', is: 'less', value: now - APPROVAL_VALIDITY };
  const attribute = status === 'pending' ? 'windowEndsAt' : 'reauthorizeEndsAt';
  return { attribute, is: 'lessOrEqual', value: now };
}
