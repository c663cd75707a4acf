import { html } from 'hono/html';
import * as z from 'zod';
import { mayCall } from '../../../domain/access.ts';
import { isOver } from '../../../domain/authorization.ts';
import { confirms, DESTROYED } from '../../../domain/key.ts';
import { displayNameOf } from '../../../domain/person.ts';
import { SECOND } from '../../../domain/time.ts';
import { text, textRule } from '../../../http/text.ts';
import { atStake } from '../../../mails/consequences.ts';
import { shortDigest, singleLine } from '../../../mails/words.ts';
import { deleteKeyAlone } from '../../../operations/delete-key.ts';
import { getKeyMetadata } from '../../../operations/read-keys.ts';
import { type ManifestView, readManifest } from '../../../operations/read-manifest.ts';
import { setKeyForDeletion } from '../../../operations/set-key-for-deletion.ts';
import { confirmField } from '../../decision-page.ts';
import type { Html } from '../../layout.ts';
import { errorSummary, lossList, time, typed } from '../../parts.ts';
import { forceField, isRetained, resourcesTitle } from '../../resources.ts';
import { formErrors, formField } from '../fields.ts';
import { csrfField, type FieldErrors, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notForYou, notFound, unreadable } from '../messages.ts';
import { type Answer, type PageStatus, page, seeOther, type Visit } from '../page.ts';
import { statusTag } from '../parts.ts';
import { paths } from '../paths.ts';
import { type RefusalInWords, refusalInWords, refusedPage } from '../refused.ts';

const LONGEST_REASON = 500;
const LONGEST_TICKET = 200;

/** Empty, or text that people can read. */
const words = (most: number, what: string) => {
  const rule = `${what} is ${textRule(1, most)}`;
  return z
    .string()
    .trim()
    .default('')
    .refine((given) => given === '' || text(1, most).safeParse(given).success, rule);
};

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);

const FORM = z.object({
  lossDigest: DIGEST,
  reason: words(LONGEST_REASON, 'A reason'),
  ticket: words(LONGEST_TICKET, 'A ticket'),
});

const SOLE_FORM = z.object({
  lossDigest: DIGEST,
  confirm: z.string().max(100),
  force: z.literal('true').optional(),
});

/** What a form was refused with, to show it again. */
interface Shown {
  readonly values?: { readonly [field: string]: string };
  readonly errors?: FieldErrors;
  readonly problem?: RefusalInWords;
  readonly status: PageStatus;
}

/** The dry run: what would be lost, and then the form. */
export async function showDeletion(visit: Visit, shown?: Shown): Promise<Answer> {
  const read = await readManifest(visit.context, visit.caller, visit.param('keyId'), {});
  if (!read.ok) {
    if (read.refusal.code === 'access-denied') return notForYou(visit);
    if (read.refusal.code === 'key-not-found') return notFound(visit);
    return refusedPage(visit, read.refusal, backTo(visit));
  }
  const view = read.value;
  // The key as it is asked about: a narrow grant may be on another one.
  if (!mayCall(visit.caller.person, 'setKeyForDeletion', view.key)) return notForYou(visit);
  const title = `Delete the key “${singleLine(view.key.name)}”`;
  const isWrong = shown?.errors !== undefined || shown?.problem !== undefined;
  const { problem } = shown ?? {};
  const main = html`${formErrors(shown?.errors)}${problem && errorSummary(problem.message, problem.field)}
<h1>Delete the key “${typed(view.key.name)}”</h1>
${view.key.state === DESTROYED ? html`<p>The key is destroyed already.</p>` : body(visit, view, shown)}
<p><a class="go" href="${visit.href(paths.key(view.key.id))}">Back to the key</a></p>`;
  return page(
    consoleLayout({
      visit,
      title: isWrong ? `Error: ${title}` : title,
      current: paths.keys,
      main,
    }),
    shown?.status ?? 200,
  );
}

const backTo = (visit: Visit) => ({ path: paths.key(visit.param('keyId')), label: 'Back to the key' });

const body = (
  visit: Visit,
  view: ManifestView,
  shown: Shown | undefined,
): Html => html`<p class="stake">${atStake(visit.caller.instance, view.manifest.external)}</p>
<h2>What would be lost</h2>
${inUse(view)}
${lossList(view.manifest)}
<p class="hint after">Digest of what would be lost: <code>${shortDigest(view.lossDigest)}…</code> What you ask for is bound to it.</p>
${alreadyAsked(visit, view)}
${view.twoPeople ? request(visit, view, shown) : sole(visit, view, shown)}`;

/** What uses the key stands out: it would be lost with it. */
const inUse = ({ manifest }: ManifestView): Html | '' =>
  manifest.registrations === undefined
    ? ''
    : html`<p class="stake"><strong>${resourcesTitle(manifest.registrations)}, and would be inaccessible.</strong> ${manifest.registrations.retained > 0 && 'At least one has a retention policy: until that is lifted, nobody can delete the key.'}</p>`;

function alreadyAsked(visit: Visit, { current, key }: ManifestView): Html | '' {
  if (current === undefined || isOver(current.status)) return '';
  return html`<div class="card"><h2>It is asked for already</h2>
<p>${statusTag(current.status)} <a class="go" href="${visit.href(paths.authorization(key.id, current.id))}">Open that request</a></p>
<p>A new request takes its place, and everybody gets new links.</p></div>`;
}

/** What keeps the request itself from being taken; what only keeps an approval from it does not. */
const hindrances = ({ blocks }: ManifestView) =>
  blocks.filter(({ code }) => code !== 'resources-protected' && code !== 'retention-found');

const hindered = (view: ManifestView): Html => html`<h2>It cannot be asked for now</h2>
<ul>${hindrances(view).map((refusal) => html`<li>${refusalInWords(refusal).message}</li>`)}</ul>`;

function request(visit: Visit, view: ManifestView, shown: Shown | undefined): Html {
  if (hindrances(view).length > 0) return hindered(view);
  const { values = {}, errors = {} } = shown ?? {};
  const until = visit.context.clock.now() + visit.caller.instance.authorizationWindow * SECOND;
  return html`<h2>Who could approve it</h2>
<ul>${view.approvers.map((one) => html`<li>${typed(displayNameOf(one))}</li>`)}</ul>
<p>Any one of them can, until ${time(until)} if you ask now. If nobody does, nothing is deleted.</p>
<h2>Ask for the deletion</h2>
<form method="post" action="${visit.href(paths.newDeletion(view.key.id))}">
${csrfField(visit)}
<input type="hidden" name="lossDigest" value="${view.lossDigest}">
${formField({ name: 'reason', label: 'Reason (optional)', hint: 'Whoever decides reads it, and so does whoever looks into it later.', value: values.reason, error: errors.reason, long: true, maxLength: LONGEST_REASON })}
${formField({ name: 'ticket', label: 'Ticket (optional)', value: values.ticket, error: errors.ticket, maxLength: LONGEST_TICKET })}
<div class="submit"><button type="submit" class="danger">Ask for the deletion</button></div>
</form>
<p class="hint after">Nothing is deleted until a second person approves. You can withdraw it until then.</p>`;
}

/** A key without the policy: whoever is Manager of it deletes it alone, at once. */
function sole(visit: Visit, view: ManifestView, shown: Shown | undefined): Html {
  if (!mayCall(visit.caller.person, 'deleteKey', view.key)) {
    return html`<p>This key has no policy of two people: a Manager deletes it alone, and nobody else can.</p>`;
  }
  if (hindrances(view).length > 0) return hindered(view);
  const attempt = shown?.problem && { problem: shown.problem };
  return html`<h2>Delete it</h2>
<p class="stake"><strong>You delete this key alone, and at once.</strong> It has no policy of two people: nobody else is asked.</p>
<form method="post" action="${visit.href(paths.soleDeletion(view.key.id))}">
${csrfField(visit)}
<input type="hidden" name="lossDigest" value="${view.lossDigest}">
${forceField(view.manifest, shown?.problem, 'delete')}
${
  !isRetained(view.manifest) &&
  html`${confirmField(view.key.id, attempt)}
<div class="submit"><button type="submit" class="danger">Delete the key</button></div>`
}
</form>`;
}

/** Another loss than was seen: it is shown again, and the form says so. */
const CHANGED: RefusalInWords = {
  status: 409,
  message: 'What would be lost has changed since you looked. Nothing was asked for. Look at it anew.',
};

/** The first of the two authorizations. */
export async function askForDeletion(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok && read.errors.lossDigest !== undefined) return unreadable(visit);
  if (!read.ok) return showDeletion(visit, { ...read, status: 422 });
  const { lossDigest, reason, ticket } = read.value;
  const values = { reason, ticket };
  const keyId = visit.param('keyId');
  const done = await setKeyForDeletion(visit.context, visit.caller, keyId, {
    lossDigest,
    ...(reason !== '' && { reason }),
    ...(ticket !== '' && { ticket }),
  });
  if (!done.ok) return refused(visit, done.refusal, { values });
  const key = await getKeyMetadata(visit.context, visit.caller, keyId);
  const authorizationId = key.ok ? key.value.authorizationId : undefined;
  return key.ok && authorizationId !== undefined
    ? seeOther(paths.authorization(key.value.id, authorizationId), 'deletion-asked')
    : seeOther(paths.key(keyId), 'deletion-asked');
}

/** The deletion by one person. */
export async function deleteAlone(visit: Visit): Promise<Answer> {
  const read = readForm(visit, SOLE_FORM);
  if (!read.ok) return unreadable(visit);
  const { lossDigest, confirm, force } = read.value;
  const keyId = visit.param('keyId');
  const found = await getKeyMetadata(visit.context, visit.caller, keyId);
  if (!found.ok) return found.refusal.code === 'access-denied' ? notForYou(visit) : notFound(visit);
  if (!confirms(found.value.id, confirm)) return refused(visit, { code: 'confirmation-mismatch' });
  const deleted = await deleteKeyAlone(visit.context, visit.caller, found.value.id, {
    lossDigest,
    decidedThrough: 'console',
    ...(force !== undefined && { force: true }),
  });
  if (!deleted.ok && deleted.refusal.code !== 'still-working') return refused(visit, deleted.refusal);
  const now = await getKeyMetadata(visit.context, visit.caller, found.value.id);
  const authorizationId = now.ok ? now.value.authorizationId : undefined;
  return seeOther(
    authorizationId === undefined ? paths.key(keyId) : paths.approval(found.value.id, authorizationId),
  );
}

function refused(
  visit: Visit,
  refusal: Parameters<typeof refusalInWords>[0],
  shown: Pick<Shown, 'values'> = {},
): Promise<Answer> | Answer {
  if (refusal.code === 'access-denied') return notForYou(visit);
  if (refusal.code === 'key-not-found') return notFound(visit);
  const problem = refusal.code === 'manifest-mismatch' ? CHANGED : refusalInWords(refusal);
  return showDeletion(visit, { ...shown, problem, status: problem.status });
}
