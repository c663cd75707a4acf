import type { Status } from '../domain/authorization.ts';
import { displayNameOf } from '../domain/person.ts';
import { renderMail } from '../mails/render.ts';
import { renderPeopleMail } from '../mails/render-people.ts';
import type { MailTemplate } from '../mails/templates.ts';
import type { Mail } from '../ports/mailer.ts';
import { sha256 } from './caller.ts';
import { openDrillLink } from './confirm-drill.ts';
import type { Context } from './context.ts';
import { loadClaim, stateOfClaim } from './records/claim.ts';
import { loadInstance } from './records/instance.ts';
import { isOutdated } from './records/link.ts';
import {
  type DeletionMail,
  isPeopleMail,
  mailContext,
  newestAttempt,
  type OutboxRow,
  type PeopleMail,
} from './records/mail.ts';
import { loadPeople, loadPerson } from './records/person.ts';
import { loadCurrent } from './transition.ts';

/** The mail as it is to be now; undefined when nobody needs it any more. */
export type Compose = (row: OutboxRow) => Promise<Mail | undefined>;

/** Reads once what all mails of one authorization, or of one instance's people, are made of. */
export function composerOf(context: Context, first: OutboxRow): Promise<Compose> {
  return isPeopleMail(first) ? peopleComposer(context, first) : deletionComposer(context, first);
}

/** Nobody needs a mail whose person is gone, or in which a link could decide nothing any more. */
async function deletionComposer(context: Context, first: DeletionMail): Promise<Compose> {
  const { store, settings } = context;
  const current = await loadCurrent(store, first);
  const instance = await loadInstance(store, first.instanceId);
  const people = await loadPeople(store, first.instanceId);
  const emails = Object.fromEntries(people.map((person) => [person.id, displayNameOf(person)]));
  return async (row) => {
    const recipient = people.find((person) => person.id === row.personId);
    if (current === undefined || instance === undefined || recipient?.status !== 'active') return undefined;
    if (isPeopleMail(row) || !canBeAnswered(row, current.authorization)) return undefined;
    // The address was changed since: the link is dead, and must not go to the new one.
    if (row.sealedToken !== undefined && isOutdated(row, recipient)) return undefined;
    const token = await tokenOf(context, row);
    const content = renderMail({
      template: row.template,
      recipient,
      instance,
      ...current,
      round: row.round,
      emails,
      publicUrl: settings.publicUrl,
      ...(token !== undefined && { link: `${settings.publicUrl}/decide/${token}` }),
    });
    return { ...content, ...sentAs(row, settings.publicUrl), to: recipient.email };
  };
}

async function peopleComposer(context: Context, first: PeopleMail): Promise<Compose> {
  const { settings } = context;
  const instance = await loadInstance(context.store, first.instanceId);
  return async (row) => {
    if (instance === undefined || !isPeopleMail(row)) return undefined;
    const token = await tokenOf(context, row);
    if (token !== undefined && !(await canBeUsed(context, row, token))) return undefined;
    const content = renderPeopleMail({
      template: row.template,
      to: row.to,
      facts: row.facts,
      instance,
      publicUrl: settings.publicUrl,
      ...(token !== undefined && {
        link: `${settings.publicUrl}/${PATHS[row.template] ?? 'claim'}/${token}`,
      }),
    });
    return { ...content, ...sentAs(row, settings.publicUrl), to: row.to };
  };
}

/** Where the links of mails about people lead that lead to no API key. */
const PATHS: { readonly [template in PeopleMail['template']]?: string } = { drill: 'drill' };

async function canBeUsed(context: Context, row: PeopleMail, token: string): Promise<boolean> {
  if (row.template !== 'drill') return canBeClaimed(context, row, token);
  const opened = await openDrillLink(context, token);
  return opened.ok && opened.value.state === 'open';
}

async function canBeClaimed({ store, clock }: Context, row: PeopleMail, token: string): Promise<boolean> {
  const claim = await loadClaim(store, sha256(token));
  const person = await loadPerson(store, row.instanceId, row.personId);
  return claim !== undefined && stateOfClaim(claim, person, clock.now()) === 'open';
}

async function tokenOf({ sealer }: Context, row: OutboxRow): Promise<string | undefined> {
  if (row.sealedToken === undefined) return undefined;
  return Buffer.from(await sealer.unseal(row.sealedToken, mailContext(row))).toString();
}

/** What each mail that asks for something can be answered in; the others only tell. */
const ASKS: { readonly [template in MailTemplate]?: Status } = {
  'approval-requested': 'pending',
  'half-time-reminder': 'pending',
  'last-day-reminder': 'pending',
  'window-closed': 'lapsed',
  'loss-changed': 'drifted',
};

function canBeAnswered(
  row: DeletionMail,
  { status, round }: { readonly status: Status; readonly round: number },
): boolean {
  const asks = ASKS[row.template];
  return asks === undefined || (asks === status && round === row.round);
}

/** The Message-ID is the same for every attempt, so that a mail that was sent twice can be seen to be one. */
const sentAs = (row: OutboxRow, publicUrl: string): Pick<Mail, 'messageId' | 'sending'> => ({
  messageId: `<${sha256(row.id).slice(0, 32)}@${new URL(publicUrl).hostname}>`,
  sending: newestAttempt(row),
});
