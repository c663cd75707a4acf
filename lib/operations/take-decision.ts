import type { DecidedThrough } from '../domain/authorization.ts';
import type { Choice } from '../domain/link-decision.ts';
import type { Person } from '../domain/person.ts';
import type { Decision } from '../domain/refusal.ts';
import { approveDeletion, approvedBy, awaitDestruction } from './approve-deletion.ts';
import type { Context } from './context.ts';
import { recordDenial } from './deny-deletion.ts';
import type { Reference } from './records/authorization.ts';

/** What somebody decided who was shown a round's manifest. */
export interface TakenDecision extends Reference {
  readonly person: Person;
  readonly round: number;
  readonly manifestDigest: string;
  /** Also although resources are registered with the key. */
  readonly force?: boolean;
  readonly note?: string;
  /** By link: the person's API key went along. */
  readonly withCredential?: true;
  readonly decidedThrough: DecidedThrough;
}

/**
 * Records a decision of a page; after an approval waits until the key is destroyed, as long as a call may take. A
 * repeat of one's own approval waits with it.
 */
export async function takeDecision(
  context: Context,
  choice: Choice,
  { person, ...taken }: TakenDecision,
): Promise<Decision<unknown>> {
  if (choice !== 'approve') {
    return recordDenial(context, { ...taken, by: person, unexpected: choice === 'unexpected' });
  }
  const approved = await approveDeletion(context, { ...taken, approver: person });
  return approved.ok || (await approvedBy(context, taken, person))
    ? awaitDestruction(context, taken)
    : approved;
}
