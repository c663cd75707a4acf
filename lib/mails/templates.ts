import type { Authorization } from '../domain/authorization.ts';
import type { Instance } from '../domain/instance.ts';
import type { Key } from '../domain/key.ts';
import type { Person, PersonId } from '../domain/person.ts';

/** What a mail is about. */
export type MailTemplate =
  | 'approval-requested' // to every Manager but the requester, with a link
  | 'half-time-reminder' // to every Manager who could still approve, with a link
  | 'last-day-reminder' // the same, a day before the end
  | 'window-closed' // to the requester: lapsed, ask again?
  | 'loss-changed' // to the requester: drifted, ask again?
  | 'key-destroyed'
  | 'denied'
  | 'unexpected' // denied, and everything else that its requester asked for is stopped
  | 'withdrawn'
  | 'superseded'
  | 'expired'
  | 'deletion-stalled' // begun where the key lives, and it does not go on
  | 'not-carried-out';

/** E-mail addresses of everybody whom an authorization names. */
export type Emails = { readonly [personId: PersonId]: string };

/** Everything that a mail is made of. */
export interface MailInput {
  readonly template: MailTemplate;
  readonly recipient: Person;
  readonly instance: Instance;
  readonly key: Key;
  readonly authorization: Authorization;
  /** The round that the mail is about; the authorization may have come further. */
  readonly round: number;
  readonly emails: Emails;
  /** The recipient's own secret link, where the template has one. */
  readonly link?: string;
  readonly publicUrl: string;
}
