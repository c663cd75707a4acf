import { endChange } from '../domain/change-request.ts';
import type { Item } from '../ports/store.ts';
import { changeEndedMails } from './change-mails.ts';
import type { Context } from './context.ts';
import { changeOfItem, loadChange } from './records/change-request.ts';
import { loadPeople } from './records/person.ts';
import { changeWrite } from './request-change.ts';

/**
 * Writes down that nobody has approved a change request in time, and tells every Manager. It counted for nothing before
 * that already; so this is no event of the instance's chain, whose items the sweeper does not write, and the event that
 * asked says until when.
 */
export async function expireChange({ store, clock }: Context, item: Item): Promise<void> {
  const found = changeOfItem(item);
  const request = await loadChange(store, found.instanceId, found.id);
  const now = clock.now();
  if (request?.status !== 'pending' || now < request.windowEndsAt) return;
  const expired = endChange(request, { status: 'expired' }, now);
  const people = await loadPeople(store, request.instanceId);
  await store.commit([changeWrite(expired), ...changeEndedMails(people, expired, { now })]);
}
