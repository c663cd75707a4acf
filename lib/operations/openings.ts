import { problemFields } from '../domain/errors.ts';
import { MINUTE } from '../domain/time.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { recordOf } from './records/attributes.ts';
import { type Link, loadLink } from './records/link.ts';
import { firstOpening, type Opening, openingKey } from './records/opening.ts';

/** How long openings count as one: a scanner that opens a link all the time makes one small write a minute. */
const SAME_OPENING = MINUTE;

/**
 * Notes that the page behind a link was shown: first, last, and how often. Beside the decisions and not among them:
 * outside of the chain of events and of the key, so that whoever opens links fills neither, and holds up nobody. No
 * address and no browser of whoever looked is kept. Never fails: the page matters more.
 */
export async function noteOpening(context: Context, token: string): Promise<void> {
  try {
    const link = await loadLink(context.store, sha256(token));
    if (link !== undefined) await note(context, link);
  } catch (error) {
    context.log.error('the opening of a link could not be noted', problemFields(error));
  }
}

async function note({ store, clock }: Context, link: Link): Promise<void> {
  const now = clock.now();
  const key = openingKey(link);
  const item = await store.get(key);
  if (item === undefined) {
    await store.commit([{ put: firstOpening(link, now), when: [{ item: 'absent' }] }]);
    return;
  }
  const { lastAt } = recordOf<Opening>(item);
  if (now - lastAt < SAME_OPENING) return;
  // Whoever loses the condition has been noted by whoever won it.
  const when = [{ attribute: 'lastAt', is: 'equal', value: lastAt }] as const;
  await store.commit([{ update: key, when, set: { lastAt: now }, add: { count: 1 } }]);
}
