import type { AuditEvent } from './audit.ts';

const WORDS: { readonly [action: string]: string } = {
  'kms.secrets.create': 'created the key',
  'kms.secrets.setkeyfordeletion': 'authorized its deletion',
  'kms.secrets.unsetkeyfordeletion': 'withdrew the authorization',
  'kms.secrets.delete': 'deleted the key',
  'kms.secrets.rotate': 'gave the key a new version',
  'kms.secrets.disable': 'disabled the key',
  'kms.secrets.enable': 'enabled the key',
  'kms.secrets.expire': 'deactivated the key: its expiration date has come',
  'countersign.key.sync': 'synchronized the key with its resources',
  'kms.policies.write': "wrote the key's policies",
  'countersign.authorization.approve': 'approved the deletion',
  'countersign.authorization.deny': 'denied the deletion',
  'countersign.authorization.supersede': 'set an earlier authorization aside',
  'countersign.authorization.lapse': 'closed the window: nobody had approved',
  'countersign.authorization.drift': 'stopped it: what would be lost has changed',
  'countersign.authorization.reauthorize': 'authorized its deletion again',
  'countersign.authorization.expire': 'ended it: nobody asked again',
  'countersign.authorization.void': 'ended it: the approval no longer counts',
  'countersign.authorization.refuse': 'ended it: it cannot be carried out',
  'countersign.authorization.destroy': 'began to destroy the key where it lives',
  'countersign.mails.bounce': 'heard that a mail had not reached its person',
  'countersign.key.adopt': 'adopted the key from where it lives',
  'countersign.key.gone': 'saw that the key is gone where it lived',
};

const UNEXPECTED =
  'denied the deletion, which they did not expect, and stopped all requests of whoever asked';

const REFUSED: { readonly [action: string]: string } = {
  'kms.secrets.delete': 'was not allowed to be the second person',
  'countersign.link.refused': 'was refused: the link was mailed to somebody else',
  'countersign.authorization.stall': 'could not go on where the key lives, and goes on trying',
  'countersign.key.survive': 'found the key alive where it lives: its deletion was taken back there',
};

/** What of an event's data people read, and what it is called; digests and numbers are in the JSON. */
const TOLD = [
  ['reason', 'reason'],
  ['ticket', 'ticket'],
  ['note', 'note'],
  ['why', 'because'],
  ['decidedThrough', 'through'],
] as const;

/** An event as it comes over the wire as well: what this version does not know of keeps its own name. */
export type ToldEvent = Pick<AuditEvent, 'round' | 'data'> & {
  readonly action: string;
  readonly outcome: string;
};

/** What of an event's data people read, each with what it is called: reason, ticket, note … */
export const detailsOf = ({ data = {} }: ToldEvent): readonly (readonly [label: string, value: string])[] =>
  TOLD.flatMap(([name, label]) => (data[name] === undefined ? [] : [[label, String(data[name])] as const]));

/** What somebody did, as the end of a sentence that begins with who it was. */
export function deedOf({ action, outcome, data = {} }: ToldEvent): string {
  const words = data.unexpected === true ? UNEXPECTED : (WORDS[action] ?? action);
  return outcome === 'success' ? words : (REFUSED[action] ?? `was refused: ${action}`);
}

/** The same with everything that people read of it, in one line. */
export function whatHappened(event: ToldEvent): string {
  const { round } = event;
  const more = detailsOf(event).map(([label, value]) => `${label}: ${value}`);
  return [deedOf(event), ...(round !== undefined && round > 1 ? [`round ${round}`] : []), ...more].join(', ');
}
