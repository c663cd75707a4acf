import type { AuditAction } from './audit.ts';

export type Severity = 'normal' | 'warning' | 'critical';

/** How an action is told to auditors' tools. */
export interface Told {
  /** In a few words, for the event's `message`. */
  readonly says: string;
  /** Of a success: Key Protect's where it has the action (docs: at-events, "Event Severity"), ours for the others. */
  readonly severity: Severity;
  /** The status that stands for a failure; where none is said there is no failure of it. */
  readonly failure?: 401 | 409;
  /** Data that is the outcome and not what was asked: it goes to `responseData`, the rest to `requestData`. */
  readonly response?: readonly string[];
  /** Where the authorization and the end of its window go in the way of Key Protect's set and unset. */
  readonly authorizationAs?: 'newValue' | 'initialValue';
}

/** Every action that there is: one without a row is an error of types. */
export const TOLD = {
  'kms.secrets.create': { says: 'create key', severity: 'normal', response: ['keyState'] },
  'kms.secrets.setkeyfordeletion': {
    says: 'authorize deletion of key',
    severity: 'warning',
    authorizationAs: 'newValue',
  },
  'kms.secrets.unsetkeyfordeletion': {
    says: 'withdraw deletion of key',
    severity: 'warning',
    authorizationAs: 'initialValue',
  },
  'kms.secrets.delete': {
    says: 'delete key',
    severity: 'critical',
    failure: 409,
    response: ['keyState', 'lossDigest', 'registrations'],
  },
  'kms.secrets.rotate': {
    says: 'rotate key',
    severity: 'warning',
    response: ['keyVersionId', 'oldKeyVersionId', 'versions'],
  },
  'kms.secrets.enable': { says: 'enable key', severity: 'warning', response: ['keyState'] },
  'kms.secrets.disable': { says: 'disable key', severity: 'warning', response: ['keyState'] },
  'kms.secrets.expire': { says: 'key has expired', severity: 'warning', response: ['keyState'] },
  'kms.secrets.patch': { says: 'move key to another key ring', severity: 'normal' },
  'kms.secrets-alias.create': { says: 'create alias of key', severity: 'normal' },
  'kms.secrets-alias.delete': { says: 'delete alias of key', severity: 'normal' },
  'kms.key-rings.create': { says: 'create key ring', severity: 'normal' },
  'kms.key-rings.delete': { says: 'delete key ring', severity: 'normal' },
  'kms.import-token.create': {
    says: 'create import token',
    severity: 'normal',
    response: ['expirationDate', 'maxAllowedRetrievals', 'remainingRetrievals'],
  },
  'kms.import-token.read': {
    says: 'retrieve import token',
    severity: 'normal',
    response: ['expirationDate', 'maxAllowedRetrievals', 'remainingRetrievals'],
  },
  'kms.secrets.restore': { says: 'restore key', severity: 'warning', response: ['keyState', 'deletionDate'] },
  'kms.secrets.purge': {
    says: 'purge key',
    severity: 'critical',
    response: ['deletionDate', 'purgeAllowedFrom', 'purgeEligibleOn'],
  },
  'countersign.material.shred': {
    says: 'shred key material for good',
    severity: 'critical',
    response: ['deletionDate', 'restoreExpirationDate', 'shreddingDate', 'keyStateInBackup'],
  },
  'kms.policies.write': { says: 'set policies of key', severity: 'warning' },
  'kms.instance-policies.write': { says: 'set policies of instance', severity: 'warning' },
  'kms.registrations.create': { says: 'create registration', severity: 'normal' },
  'kms.registrations.write': { says: 'update registration', severity: 'normal' },
  'kms.registrations.merge': { says: 'update registration', severity: 'normal' },
  'kms.registrations.delete': { says: 'delete registration', severity: 'critical' },
  'countersign.key.sync': { says: 'synchronise registrations of key', severity: 'normal' },
  'countersign.authorization.approve': { says: 'approve deletion of key', severity: 'critical' },
  'countersign.authorization.deny': { says: 'deny deletion of key', severity: 'warning' },
  'countersign.authorization.supersede': {
    says: 'a later authorization has taken the place of one',
    severity: 'normal',
  },
  'countersign.authorization.lapse': {
    says: 'window has closed without an approval',
    severity: 'normal',
  },
  'countersign.authorization.drift': {
    says: 'what would be lost has changed, and nothing was deleted',
    severity: 'warning',
  },
  'countersign.authorization.reauthorize': {
    says: 're-authorize deletion of key',
    severity: 'warning',
    authorizationAs: 'newValue',
  },
  'countersign.authorization.expire': { says: 'authorization has expired', severity: 'normal' },
  'countersign.authorization.destroy': {
    says: 'begin to destroy a key where it lives',
    severity: 'critical',
  },
  'countersign.authorization.stall': {
    says: 'a deletion has begun where the key lives, and does not go on',
    severity: 'critical',
    failure: 409,
  },
  'countersign.key.adopt': { says: 'adopt a key that lives elsewhere', severity: 'warning' },
  'countersign.key.gone': { says: 'a destroyed key is gone where it lived', severity: 'normal' },
  'countersign.key.survive': {
    says: 'the deletion of a key was taken back where it lives, without Countersign',
    severity: 'critical',
    failure: 409,
  },
  'countersign.authorization.void': {
    says: 'an approval did not count any more, and nothing was deleted',
    severity: 'warning',
    response: ['why'],
  },
  'countersign.authorization.refuse': {
    says: 'an approved deletion was refused, and nothing was deleted',
    severity: 'warning',
    response: ['why'],
  },
  'countersign.change-requests.create': {
    says: 'ask for a change that two people decide',
    severity: 'warning',
  },
  'countersign.change-requests.approve': {
    says: 'approve requested change',
    severity: 'critical',
    failure: 409,
  },
  'countersign.change-requests.deny': { says: 'deny requested change', severity: 'warning' },
  'countersign.change-requests.withdraw': { says: 'withdraw requested change', severity: 'normal' },
  'countersign.change-requests.supersede': {
    says: 'a later change request has taken the place of one',
    severity: 'normal',
  },
  'countersign.change-requests.drift': {
    says: 'what a change was asked for on has changed, and nothing was done',
    severity: 'warning',
  },
  'countersign.link.refused': {
    says: 'use of a link that was mailed to somebody else',
    severity: 'warning',
    failure: 401,
  },
  'countersign.instance.create': { says: 'create instance', severity: 'warning' },
  'countersign.instance.change': { says: 'change settings of instance', severity: 'critical' },
  'countersign.people.add': { says: 'add person', severity: 'warning' },
  'countersign.people.send-claim': { says: 'mail the link to an API key', severity: 'normal' },
  'countersign.people.claim': { says: 'claim API key', severity: 'normal' },
  'countersign.people.bind-identity': {
    says: 'let an issuer’s identity sign in as person',
    severity: 'critical',
  },
  'countersign.people.unbind-identity': { says: 'end an issuer’s identity of person', severity: 'warning' },
  'countersign.mails.resend': { says: 'send mail again', severity: 'normal' },
  'countersign.mails.bounce': { says: 'a mail has not reached its person', severity: 'warning' },
  'countersign.people.freeze-requests': { says: 'freeze requests of person', severity: 'critical' },
  'countersign.people.unfreeze-requests': { says: 'unfreeze requests of person', severity: 'warning' },
  'countersign.people.change': { says: 'change roles or address of person', severity: 'critical' },
  'countersign.api-keys.create': { says: 'create API key', severity: 'warning' },
  'countersign.api-keys.revoke': { says: 'revoke API key', severity: 'normal' },
  'countersign.master-key.rotate': { says: 'rotate master key', severity: 'critical' },
  'countersign.drill.start': { says: 'ask Managers whether they can approve', severity: 'normal' },
  'countersign.drill.confirm': { says: 'confirm to be able to approve', severity: 'normal' },
  'countersign.drill.end': {
    says: 'end drill',
    severity: 'normal',
    response: ['ready', 'notAble', 'silent', 'notReached'],
  },
  'countersign.people.remove': { says: 'remove person', severity: 'warning' },
} as const satisfies Record<AuditAction, Told>;
