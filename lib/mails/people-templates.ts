import type { Instance } from '../domain/instance.ts';
import type { EpochMillis } from '../domain/time.ts';

/** What a mail about the people of an instance is about. */
export type PeopleTemplate =
  | 'became-manager' // to every Manager, the new one among them
  | 'address-changed' // to every Manager, and to the old and the new address
  | 'manager-ended' // to every Manager and to whom it happened: removed, frozen, or the role taken
  | 'person-ended' // the same of somebody who was no Manager, to them alone
  | 'api-key-link' // to the person, with a link to their API key
  | 'api-key-claimed'; // to the person and every Manager

/** What happened, as it was then: what is changed later does not change what a mail tells. */
export interface PeopleFacts {
  /** Whom it happened to: an address, or a service's name. */
  readonly person: string;
  /** The address before, where it was changed. */
  readonly formerEmail?: string;
  /** Who did it; absent where the person did it themselves. */
  readonly by?: string;
  readonly roles?: string;
  /** What ended: being here at all, for now, or the role alone. */
  readonly ended?: 'removed' | 'frozen' | 'role';
  readonly at: EpochMillis;
  /** Until when the mail's link can be used. */
  readonly until?: EpochMillis;
}

/** Everything that a mail about people is made of. */
export interface PeopleMailInput {
  readonly template: PeopleTemplate;
  /** Whom it goes to. */
  readonly to: string;
  readonly facts: PeopleFacts;
  readonly instance: Instance;
  /** The recipient's own secret link, where the template has one. */
  readonly link?: string;
  readonly publicUrl: string;
}
