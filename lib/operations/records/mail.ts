import type { PersonId } from '../../domain/person.ts';
import type { EpochMillis } from '../../domain/time.ts';
import type { MailTemplate } from '../../mails/templates.ts';
import type { Item, ItemKey, Store } from '../../ports/store.ts';
import { attributesOf, recordOf, sortable } from './attributes.ts';
import type { Reference } from './authorization.ts';
import { dueAt } from './due.ts';
import { keyPartition } from './key.ts';

/** A mail that has to go out: written in the transaction that makes it necessary, sent by a step or the sweeper. */
export interface OutboxRow extends Reference {
  readonly id: string;
  readonly template: MailTemplate;
  readonly round: number;
  readonly personId: PersonId;
  readonly createdAt: EpochMillis;
  readonly status: 'due' | 'sent' | 'given-up';
  /** How often sending was begun. */
  readonly attempts: number;
  /** When the next attempt may begin. */
  readonly notBefore: EpochMillis;
  /** The link's token, sealed, until the mail is sent. */
  readonly sealedToken?: string;
  readonly sentAt?: EpochMillis;
  /** Why the last attempt failed. Holds no address and no secret. */
  readonly problem?: string;
}

type MailKey = Reference & Pick<OutboxRow, 'round' | 'template' | 'personId'>;

const prefixOf = (authorizationId: string): string => `mail#${authorizationId}#`;

export const mailKey = (mail: MailKey): ItemKey => ({
  table: 'main',
  partition: keyPartition(mail.instanceId, mail.keyId),
  sort: `${prefixOf(mail.authorizationId)}${sortable(mail.round)}#${mail.template}#${mail.personId}`,
});

/** What the sealed token of a mail is bound to. */
export const mailContext = (mail: Pick<OutboxRow, 'id'>): string => `mail ${mail.id}`;

export const mailItem = (row: OutboxRow): Item => ({
  ...mailKey(row),
  attributes: attributesOf(row),
  ...(row.status === 'due' && { indexes: { due: dueAt('mail', row.notBefore, row.id) } }),
});

export const mailOfItem = (item: Item): OutboxRow => recordOf<OutboxRow>(item);

/** Every mail of an authorization, sent or not. */
export async function loadMails(store: Store, reference: Reference): Promise<readonly OutboxRow[]> {
  const { items } = await store.query({
    table: 'main',
    partition: keyPartition(reference.instanceId, reference.keyId),
    prefix: prefixOf(reference.authorizationId),
    limit: 1000,
  });
  return items.map(mailOfItem);
}
