import { mayCall } from '../domain/access.ts';
import type { PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { PeopleTemplate } from '../mails/people-templates.ts';
import type { Store, Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import { hasLink, type NewLink, newLink } from './mails.ts';
import { sortable } from './records/attributes.ts';
import { dueAt } from './records/due.ts';
import { loadInstance } from './records/instance.ts';
import {
  isPeopleMail,
  mailKey,
  mailOfItem,
  type OutboxRow,
  type UndeliveredStatus,
  undeliveredPartition,
} from './records/mail.ts';
import { loadPeople, reloadPerson } from './records/person.ts';

/** A mail that was tried and did not go out, or came back, as its instance's Managers see it. Never its content. */
export interface UndeliveredMail {
  readonly id: string;
  readonly row: OutboxRow;
  /** Where it goes, and nowhere when nobody knows its person any more. */
  readonly to: string | undefined;
}

export interface UndeliveredMails {
  readonly mails: readonly UndeliveredMail[];
  /** There when more may follow. */
  readonly cursor?: string;
}

/** What a mail is called where it can be sent again: when it was written, and its own id. */
export const mailIdOf = ({ createdAt, id }: Pick<OutboxRow, 'createdAt' | 'id'>): string =>
  `${createdAt}-${id}`;

/** Pages of the store that one page is made of where few go to the person: then it may be shorter than asked for. */
const MOST_PAGES = 20;

/**
 * The mails that wait to be tried again (`due`), or were given up, the newest first.
 * @param page.personId those to this person alone.
 */
export async function listUndelivered(
  { store }: Context,
  { person, instance }: Caller,
  page: {
    readonly status: UndeliveredStatus;
    readonly limit: number;
    readonly after?: string;
    readonly personId?: PersonId | undefined;
  },
): Promise<Decision<UndeliveredMails>> {
  if (!mayCall(person, 'manageMails')) return refuse('access-denied');
  const { status, limit, personId } = page;
  const rows: OutboxRow[] = [];
  let { after } = page;
  for (let pages = 0; pages < MOST_PAGES && rows.length < limit; pages += 1) {
    const { items, cursor } = await store.query({
      table: 'main',
      index: 'list',
      partition: undeliveredPartition(instance.id, status),
      limit: limit - rows.length,
      descending: true,
      ...(after !== undefined && { after }),
    });
    const found = items.map(mailOfItem);
    rows.push(...found.filter((row) => personId === undefined || row.personId === personId));
    after = cursor;
    if (cursor === undefined) break;
  }
  const people = await loadPeople(store, instance.id);
  const emails = new Map(people.map(({ id, email }) => [id, email]));
  const mails = rows.map((row) => ({
    id: mailIdOf(row),
    row,
    to: isPeopleMail(row) ? row.to : emails.get(row.personId),
  }));
  return accept({ mails, ...(after !== undefined && { cursor: after }) });
}

/** Undelivered mails of one kind are counted up to here: beyond it is many. */
export const MOST_COUNTED = 1_000;

/** The newest undelivered mails of one kind, at most `MOST_COUNTED`. */
export async function undeliveredRows(
  store: Store,
  instanceId: string,
  status: UndeliveredStatus,
): Promise<readonly OutboxRow[]> {
  const partition = undeliveredPartition(instanceId, status);
  const { items } = await store.query({
    table: 'main',
    index: 'list',
    partition,
    limit: MOST_COUNTED,
    descending: true,
  });
  return items.map(mailOfItem);
}

/** How many mails to each person were tried and did not go out, among the newest. */
export async function undeliveredByPerson(
  { store }: Context,
  { person, instance }: Caller,
): Promise<Decision<ReadonlyMap<PersonId, number>>> {
  if (!mayCall(person, 'manageMails')) return refuse('access-denied');
  const [due, givenUp] = await Promise.all([
    undeliveredRows(store, instance.id, 'due'),
    undeliveredRows(store, instance.id, 'given-up'),
  ]);
  const counts = new Map<PersonId, number>();
  for (const { personId } of [...due, ...givenUp]) counts.set(personId, (counts.get(personId) ?? 0) + 1);
  return accept(counts);
}

/**
 * Has an undelivered mail tried again, as if it had never been tried; the next sweep sends it. Its link is the one that
 * it had, or another one where that has left with a mail that came back. Nothing is sent when nobody needs it any more.
 */
export function resendMail(
  context: Context,
  { person, instance }: Caller,
  id: string,
): Promise<Decision<OutboxRow>> {
  return attempt(context, async () => {
    const current = await loadInstance(context.store, instance.id);
    if (!mayCall(await reloadPerson(context.store, person), 'manageMails')) return refuse('access-denied');
    const row = await findUndelivered(context, instance.id, id);
    if (row === undefined || current === undefined) return refuse('mail-not-found');
    const made = await linkFor(context, row);
    if (!made.ok) return made;
    const link = made.value;
    const now = context.clock.now();
    const data = { mail: row.id, template: row.template, to: row.personId };
    const actor = person.id;
    const committed = await commitInstanceChange(context, {
      instance: current,
      now,
      events: [{ action: 'countersign.mails.resend', actor, outcome: 'success', data }],
      writes: [again(row, now, link?.sealedToken), ...(link === undefined ? [] : [link.write])],
    });
    return committed ? accept(row) : undefined;
  });
}

const again = (row: OutboxRow, now: number, sealedToken: string | undefined): Write => ({
  update: mailKey(row),
  when: [
    { attribute: 'status', is: 'equal', value: row.status },
    { attribute: 'attempts', is: 'equal', value: row.attempts },
  ],
  set: { status: 'due', attemptsBefore: row.attempts, notBefore: now, sealedToken },
  indexes: { due: dueAt('mail', now, row.id), list: null },
});

/** How somebody gets another link, where a mail about people came back with its own: not by that mail. */
const OTHER_LINKS: { readonly [template in PeopleTemplate]?: string } = {
  'api-key-link':
    'The link to an API key is kept nowhere once it is sent: mail another one (countersign person send-key)',
  drill:
    'The link of a drill is kept nowhere once it is sent: they confirm in the console (or countersign drill confirm), or start another drill',
};

/** The link that the mail is to have in the place of its own; undefined where it has its own still, or none at all. */
async function linkFor(context: Context, row: OutboxRow): Promise<Decision<NewLink | undefined>> {
  if (row.sealedToken !== undefined) return accept(undefined);
  if (!isPeopleMail(row)) return accept(hasLink(row) ? await newLink(context, row) : undefined);
  const other = OTHER_LINKS[row.template];
  return other === undefined ? accept(undefined) : refuse('link-not-kept', other);
}

const MAIL_ID = /^(\d{1,15})-([0-9a-f-]{36})$/;

async function findUndelivered(
  { store }: Context,
  instanceId: string,
  id: string,
): Promise<OutboxRow | undefined> {
  const [, createdAt = '', mailId = ''] = MAIL_ID.exec(id) ?? [];
  if (mailId === '') return undefined;
  const prefix = `${sortable(Number(createdAt))}#${mailId}`;
  for (const status of ['given-up', 'due'] as const) {
    const partition = undeliveredPartition(instanceId, status);
    const { items } = await store.query({ table: 'main', index: 'list', partition, prefix, limit: 1 });
    const [item] = items;
    // An index may lag: the mail itself says how it is.
    const found = item && (await store.get(item));
    const row = found && mailOfItem(found);
    if (row?.status === 'given-up' || row?.status === 'due') return row;
  }
  return undefined;
}
