import type { SendingAttempt } from '../../domain/bounce.ts';
import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { PeopleFacts, PeopleTemplate } from '../../mails/people-templates.ts';
import type { MailTemplate } from '../../mails/templates.ts';
import type { IndexEntry, Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import type { Reference } from './authorization.ts';
import { dueAt } from './due.ts';
import { keyPartition } from './key.ts';

/**
 * `due` until it is sent, also when sending has failed; `given-up` when it was tried too often, refused for good or came
 * back, until somebody sends it again; `dropped` when nobody needs it any more.
 */
export type MailStatus = 'due' | 'sent' | 'given-up' | 'dropped';

/** A mail that has to go out: written in the transaction that makes it necessary, sent by a step or the sweeper. */
interface Outgoing {
  readonly id: string;
  readonly instanceId: string;
  /** Who gets it. */
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
  readonly status: MailStatus;
  /** How often sending was begun. */
  readonly attempts: number;
  /** How many attempts there had been when somebody had it sent again: from then on they count anew. */
  readonly attemptsBefore?: number;
  /** When the next attempt may begin. */
  readonly notBefore: EpochMillis;
  /** The link's token, sealed, until the mail is sent or dropped. */
  readonly sealedToken?: string;
  readonly sentAt?: EpochMillis;
  /** Why the last attempt failed, or why the mail came back. Holds no address and no secret. */
  readonly problem?: string;
}

/** A mail about one authorization, to its person's address as it is when the mail goes out. */
export interface DeletionMail extends Outgoing, Reference {
  readonly template: MailTemplate;
  readonly round: number;
}

/** A mail about the people of an instance. */
export interface PeopleMail extends Outgoing {
  readonly template: PeopleTemplate;
  /** The address as it was then: whoever changes addresses must not choose who hears of it. */
  readonly to: string;
  readonly facts: PeopleFacts;
}

export type OutboxRow = DeletionMail | PeopleMail;

export const isPeopleMail = (row: OutboxRow): row is PeopleMail => !('authorizationId' in row);

type DeletionMailKey = Reference & Pick<DeletionMail, 'round' | 'template' | 'personId'>;

const prefixOf = (authorizationId: string): string => `mail#${authorizationId}#`;

const deletionMailKey = (mail: DeletionMailKey): ItemKey => ({
  table: 'main',
  partition: keyPartition(mail.instanceId, mail.keyId),
  sort: `${roundPrefix(mail)}${mail.template}#${mail.personId}`,
});

const roundPrefix = (mail: Pick<DeletionMail, 'authorizationId' | 'round'>): string =>
  `${prefixOf(mail.authorizationId)}${sortable(mail.round)}#`;

/** Apart from the instance's own items: what sends mail must not be able to write people. */
export const peopleMailPartition = (instanceId: string): string => `mails#${instanceId}`;

export const peopleMailKey = (instanceId: string, id: string): ItemKey => ({
  table: 'main',
  partition: peopleMailPartition(instanceId),
  sort: `mail#${id}`,
});

export const mailKey = (row: OutboxRow): ItemKey =>
  isPeopleMail(row) ? peopleMailKey(row.instanceId, row.id) : deletionMailKey(row);

/** What the sealed token of a mail is bound to. */
export const mailContext = (mail: Pick<OutboxRow, 'id'>): string => `mail ${mail.id}`;

export const mailItem = (row: OutboxRow): Item => ({
  attributes: attributesOf(row),
  ...mailKey(row),
  ...(row.status === 'due' && { indexes: { due: dueAt('mail', row.notBefore, row.id) } }),
});

export const mailOfItem = (item: Item): OutboxRow => recordOf<OutboxRow>(item);

/** Every mail of an authorization, sent or not. */
export async function loadMails(store: Store, reference: Reference): Promise<readonly DeletionMail[]> {
  const { items } = await store.query({
    table: 'main',
    partition: keyPartition(reference.instanceId, reference.keyId),
    prefix: prefixOf(reference.authorizationId),
    limit: 1000,
  });
  return items.map((item) => recordOf<DeletionMail>(item));
}

/** The attempt that was begun last, as it is told to the mail service. */
export const newestAttempt = (row: OutboxRow): SendingAttempt => ({
  instanceId: row.instanceId,
  mailId: row.id,
  attempt: row.attempts,
  ...(!isPeopleMail(row) && { about: { keyId: row.keyId, authorizationId: row.authorizationId } }),
});

/** The mail that an attempt was made with. */
export async function loadAttempted(
  store: Store,
  { instanceId, mailId, about }: SendingAttempt,
): Promise<OutboxRow | undefined> {
  if (about !== undefined) {
    const mails = await loadMails(store, { instanceId, ...about });
    return mails.find(({ id }) => id === mailId);
  }
  const item = await store.get(peopleMailKey(instanceId, mailId));
  return item && mailOfItem(item);
}

/** Whether anybody was written this mail in this round. */
export async function isWritten(
  store: Store,
  mail: Reference & Pick<DeletionMail, 'round' | 'template'>,
): Promise<boolean> {
  const partition = keyPartition(mail.instanceId, mail.keyId);
  const prefix = `${roundPrefix(mail)}${mail.template}#`;
  const { items } = await store.query({ table: 'main', partition, prefix, limit: 1 });
  return items.length > 0;
}

/** What the operator is shown: mails that were tried without success. Those that went out at once never were in it. */
export type UndeliveredStatus = Extract<MailStatus, 'due' | 'given-up'>;

export const undeliveredPartition = (instanceId: string, status: UndeliveredStatus): string =>
  `undelivered#${instanceId}#${status}`;

export const undeliveredEntry = (
  row: Pick<OutboxRow, 'instanceId' | 'createdAt' | 'id'>,
  status: UndeliveredStatus,
): IndexEntry => ({
  partition: undeliveredPartition(row.instanceId, status),
  sort: `${sortable(row.createdAt)}#${row.id}`,
});
