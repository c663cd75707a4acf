import { randomBytes, randomUUID } from 'node:crypto';
import { type Authorization, requestingPrincipal } from '../domain/authorization.ts';
import { holds, type Person, type PersonId } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import { MINUTE } from '../domain/time.ts';
import type { MailTemplate } from '../mails/templates.ts';
import type { Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { referenceOf } from './records/authorization.ts';
import { linkItem } from './records/link.ts';
import { type DeletionMail, mailContext, mailItem } from './records/mail.ts';

/** The step that waits sends a mail at once; the sweeper sends what is left after this, in milliseconds. */
const STEP_HAS = MINUTE;

export interface MailDraft {
  readonly template: MailTemplate;
  readonly to: PersonId;
  /** No step of the workflow sends it: it is the sweeper's at once. */
  readonly bySweeper?: true;
}

/** Templates that carry a link of their own. */
const WITH_LINK: ReadonlySet<MailTemplate> = new Set([
  'approval-requested',
  'half-time-reminder',
  'last-day-reminder',
  'window-closed',
  'loss-changed',
]);

/** The outbox rows and links of these mails, for the transaction that makes them necessary. */
export async function mailWrites(
  context: Pick<Context, 'sealer'>,
  authorization: Authorization,
  drafts: readonly MailDraft[],
  now: EpochMillis,
): Promise<readonly Write[]> {
  const writes = await Promise.all(drafts.map((draft) => writesOf(context, authorization, draft, now)));
  return writes.flat();
}

async function writesOf(
  { sealer }: Pick<Context, 'sealer'>,
  authorization: Authorization,
  { template, to, bySweeper }: MailDraft,
  now: EpochMillis,
): Promise<readonly Write[]> {
  const row: DeletionMail = {
    id: randomUUID(),
    template,
    round: authorization.round,
    personId: to,
    createdAt: now,
    status: 'due',
    attempts: 0,
    notBefore: bySweeper ? now : now + STEP_HAS,
    ...referenceOf(authorization),
  };
  const when = [{ item: 'absent' }] as const;
  if (!hasLink(row)) return [{ put: mailItem(row), when }];
  const { sealedToken, write } = await newLink({ sealer }, row);
  return [{ put: mailItem({ sealedToken, ...row }), when }, write];
}

/** Whether the mail is written with a link of its own. */
export const hasLink = ({ template }: Pick<DeletionMail, 'template'>): boolean => WITH_LINK.has(template);

export interface NewLink {
  /** Its token, for the mail. */
  readonly sealedToken: string;
  readonly write: Write;
}

/**
 * A link for a mail, and its token, sealed for it. As old as the mail, whenever it is made: an address that was changed
 * since the mail was written gets none of its links.
 */
export async function newLink({ sealer }: Pick<Context, 'sealer'>, row: DeletionMail): Promise<NewLink> {
  const { instanceId, keyId, authorizationId, round, personId, createdAt } = row;
  const token = randomBytes(32).toString('base64url');
  const sealedToken = await sealer.seal(Buffer.from(token), mailContext(row));
  const link = { instanceId, keyId, authorizationId, hash: sha256(token), round, personId, createdAt };
  return { sealedToken, write: { put: linkItem(link), when: [{ item: 'absent' }] } };
}

/** The request, to every Manager who could approve it. */
export const requestMails = (authorization: Authorization, people: readonly Person[]): readonly MailDraft[] =>
  managersOf(people, authorization)
    .filter((person) => person.id !== requestingPrincipal(authorization))
    .map((person) => ({ template: 'approval-requested', to: person.id }));

/** An outcome, to everyone concerned: whoever asked for it, in any round, and every Manager. */
export const outcomeMails = (
  template: MailTemplate,
  authorization: Authorization,
  people: readonly Person[],
): readonly MailDraft[] => {
  const { formerRequesters = [] } = authorization;
  const managers = managersOf(people, authorization).map((person) => person.id);
  const concerned = new Set([requestingPrincipal(authorization), ...formerRequesters, ...managers]);
  return [...concerned].map((to) => ({ template, to }));
};

/** Who is Manager of the key, as it was when it was asked for. Services have no mailbox; their owners hear for them. */
const managersOf = (
  people: readonly Person[],
  { manifest: { keyId, keyRingId } }: Authorization,
): readonly Person[] =>
  people.filter((person) => person.kind === 'user' && holds(person, ['Manager'], { id: keyId, keyRingId }));
