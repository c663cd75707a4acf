import type { ChangeEnd, Difference } from '../domain/change-request.ts';
import type { DrillResult } from '../domain/drill.ts';
import type { Instance } from '../domain/instance.ts';
import type { GrantName } from '../domain/person-change.ts';
import type { EpochMillis } from '../domain/time.ts';

/** What a mail about the people of an instance is about. */
export type PeopleTemplate =
  | 'became-manager' // to every Manager, the new one among them
  | 'may-purge' // to every Manager, and to whom KeyPurge was given
  | 'address-changed' // to every Manager, and to the old and the new address
  | 'manager-ended' // to every Manager and to whom it happened: removed, frozen, or the role taken
  | 'person-ended' // the same of somebody who was no Manager, to them alone
  | 'api-key-link' // to the person, with a link to their API key
  | 'api-key-claimed' // to the person and every Manager
  | 'identity-bound' // to the person and every Manager: somebody signs in as them at an issuer
  | 'identity-ended' // to the same: nobody does any more
  | 'drill' // to every Manager, with a link to confirm
  | 'drill-ended' // to every Manager: who could, and who could not
  | 'change-requested' // to every Manager: a second one has to approve it
  | 'change-ended' // to every Manager, however it ended
  | 'settings-changed'; // to every Manager: settings or policies, by one person or the operator

export interface DrillFacts {
  readonly keyName: string;
  /** When it has ended: what came of it, for each who was asked. */
  readonly results?: readonly {
    readonly email: string;
    readonly result: DrillResult;
    /** When they confirmed, and whether with an API key of their own. */
    readonly at?: EpochMillis;
    readonly withCredential?: boolean;
  }[];
}

/** What happened, as it was then: what is changed later does not change what a mail tells. */
export interface PeopleFacts {
  /** Whom it happened to: an address, or a service's name. */
  readonly person: string;
  /** The address before, where it was changed. */
  readonly formerEmail?: string;
  /** The OIDC issuer that says who they are. */
  readonly issuer?: string;
  /** Who did it; absent where the person did it themselves. */
  readonly by?: string;
  /** Whose service it is. */
  readonly owner?: string;
  /** Manager and KeyPurge, as far as they were given them. */
  readonly roles?: readonly GrantName[];
  /** What ended: being here at all, for now, or the role alone. */
  readonly ended?: 'removed' | 'frozen' | 'role';
  readonly at: EpochMillis;
  /** Until when the mail's link can be used, or what is asked for can be approved. */
  readonly until?: EpochMillis;
  /** What is to become different, or has. */
  readonly changes?: readonly Difference[];
  /** The change request that it is about. */
  readonly changeRequest?: string;
  /** How that ended. */
  readonly changeEnd?: ChangeEnd;
  /** Everything that the requester asked for was stopped with it. */
  readonly unexpected?: true;
  /** The drill that it is about. */
  readonly drill?: DrillFacts;
  /** Why it is asked for, or what was said with the decision. */
  readonly note?: string;
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
