import { html } from 'hono/html';
import { mayCall } from '../../../domain/access.ts';
import { isOver } from '../../../domain/authorization.ts';
import { destructionDates, isRestorable } from '../../../domain/destruction.ts';
import { TransientError } from '../../../domain/errors.ts';
import { DESTROYED, type Key, needsTwoPeople } from '../../../domain/key.ts';
import { lastRotatedAt } from '../../../domain/rotation.ts';
import { nameOf, singleLine } from '../../../mails/words.ts';
import {
  type AuthorizationView,
  emailsOf,
  readAuthorization,
} from '../../../operations/read-authorization.ts';
import { getKeyMetadata } from '../../../operations/read-keys.ts';
import { readManifest } from '../../../operations/read-manifest.ts';
import type { Html } from '../../layout.ts';
import { lossList, row, time, typed } from '../../parts.ts';
import { actionLinks } from '../audit/actions.ts';
import { formErrors, tickField } from '../fields.ts';
import { csrfField } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notForYou, notFound } from '../messages.ts';
import { type Answer, page, type Visit } from '../page.ts';
import { copyable, statusTag, tag } from '../parts.ts';
import { paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';
import { type Deed, deedsOpen, needTwoPeople, sureOf } from './deeds.ts';
import { kindWords, setUntil, stateTag } from './words.ts';

/** Everything about one key but its material. */
export async function showKey(visit: Visit, wrong?: string): Promise<Answer> {
  const { context, caller } = visit;
  const found = await getKeyMetadata(context, caller, visit.param('keyId'));
  if (!found.ok) return found.refusal.code === 'access-denied' ? notForYou(visit) : notFound(visit);
  const key = found.value;
  const [newest, emails, loss] = await Promise.all([
    readAuthorization(context, caller, key.id),
    emailsOf(context, key.instanceId),
    lossOf(visit, key),
  ]);
  const person = (id: string) => typed(nameOf(id, emails));
  const main = html`${wrong !== undefined && formErrors({ sure: wrong })}
<h1>${typed(key.name)}</h1>
<p>${stateTag(key)} ${setTag(visit, key)}</p>
${newest.ok && waiting(visit, newest.value)}
<dl>
${row('Kind', html`${kindWords(key)}${key.imported && ', imported'}${key.external !== undefined && ', lives elsewhere'}`)}
${key.description !== undefined && row('Description', typed(key.description))}
${(key.tags ?? []).length > 0 && row('Tags', html`${(key.tags ?? []).map((one, i) => html`${i > 0 && ', '}${typed(one)}`)}`)}
${row('Key id', copyable(key.id, 'the id of the key'))}
${row('Created', html`${time(key.createdAt)} by ${person(key.createdBy)}`)}
${row('Changed', time(key.updatedAt))}
${rotated(key)}
${key.expiresAt !== undefined && row('Expires', time(key.expiresAt))}
${row('Deletion', html`${needsTwoPeople(key) ? 'needs two people' : 'needs one Manager'}`)}
${mayCall(caller.person, 'readPolicies', key) && row('Rotation', html`${rotationWords(key)}`)}
${destroyed(visit, key, person)}
</dl>
<h2>${key.state === DESTROYED ? 'What was lost with it' : 'What would be lost with it'}</h2>
${loss}
<h2>What you can do</h2>
${deeds(visit, key, wrong)}
<h2>History</h2>
${newest.ok && html`<p>Newest request to delete it: ${statusTag(newest.value.authorization.status)} <a class="go" href="${visit.href(paths.authorization(key.id, newest.value.authorization.id))}">Open it</a></p>`}
<p><a class="go" href="${visit.href(`${paths.authorizations}?${new URLSearchParams({ key: key.id }).toString()}`)}">Every request to delete it</a></p>`;
  const title = singleLine(key.name);
  return page(
    consoleLayout({
      visit,
      title: wrong === undefined ? title : `Error: ${title}`,
      current: paths.keys,
      main,
    }),
    wrong === undefined ? 200 : 422,
  );
}

/** The policy that cannot be taken off again wants a box ticked. */
export async function setTwoPeople(visit: Visit): Promise<Answer> {
  const wrong = sureOf(visit);
  return wrong === undefined ? needTwoPeople(visit) : showKey(visit, wrong);
}

/** A key is shown also while its provider does not answer. */
async function lossOf(visit: Visit, key: Key): Promise<Html> {
  try {
    const read = await readManifest(visit.context, visit.caller, key.id, {});
    if (read.ok) return lossList(read.value.manifest);
    return html`<p>It cannot be said at this moment: ${refusalInWords(read.refusal).message}</p>`;
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    return html`<p>Where the key lives nobody answers at this moment. Open the page again in a while.</p>`;
  }
}

function setTag(visit: Visit, key: Key): Html | '' {
  const until = setUntil(key, visit.context.clock.now());
  return until === undefined ? '' : html`${tag('set for deletion', 'danger')} until ${time(until)}`;
}

/** The request that is not over, with what whoever is there can do about it. */
function waiting(visit: Visit, { authorization, key, emails }: AuthorizationView): Html | '' {
  if (isOver(authorization.status)) return '';
  const { manifest } = authorization;
  const { person } = visit.caller;
  return html`<div class="card">
<h2>A deletion is asked for</h2>
<p>${statusTag(authorization.status)} by ${typed(nameOf(authorization.requester, emails))}, ${time(authorization.requestedAt)}${manifest.reason !== undefined && html`: ${typed(manifest.reason)}`}</p>
${actionLinks(visit, { authorization, key, person, now: visit.context.clock.now() })}
</div>`;
}

function rotated(key: Key): Html | '' {
  const at = lastRotatedAt(key);
  return at === undefined ? '' : row('Rotated', time(at));
}

const rotationWords = ({ rotation }: Key): string =>
  rotation?.enabled === true ? `by itself, every ${rotation.intervalMonths} months` : 'by hand';

function destroyed(visit: Visit, key: Key, person: (id: string) => Html): Html | '' {
  const dates = destructionDates(key);
  if (dates === undefined || key.deletedAt === undefined) return '';
  const restorable = isRestorable(key, visit.context.clock.now());
  return html`${row('Destroyed', html`${time(key.deletedAt)}${key.deletedBy !== undefined && html` by ${person(key.deletedBy)}`}`)}
${row('Restore', restorable ? html`possible until ${time(dates.restoreUntil)}` : html`not possible any more`)}
${row('What is left goes', time(dates.purgeScheduledOn))}`;
}

const HINTS: {
  readonly [deed in Exclude<Deed, 'need two people'>]: readonly [button: string, hint: string];
} = {
  rotate: [
    'Rotate',
    'It gets a new version, which wraps from now on. A deletion that waits has to be asked for again then.',
  ],
  disable: ['Disable', 'Nothing wraps or unwraps with it until it is enabled again.'],
  enable: ['Enable', 'It can be used again, 30 seconds after it was disabled or later.'],
  restore: [
    'Restore',
    'It lives again, with its material, policies and aliases. What was registered with it and was removed with it stays off: services register their resources anew.',
  ],
};

const ACTION_PATHS = {
  rotate: paths.rotateKey,
  disable: paths.disableKey,
  enable: paths.enableKey,
  restore: paths.restoreKey,
} as const;

function deeds(visit: Visit, key: Key, wrong: string | undefined): Html {
  const { person } = visit.caller;
  const open = deedsOpen(person, key, visit.context.clock.now());
  const mayDelete = key.state !== DESTROYED && mayCall(person, 'setKeyForDeletion', key);
  if (open.length === 0 && !mayDelete) return html`<p>Nothing at this moment.</p>`;
  return html`${
    mayDelete &&
    html`<div class="deed">
<p class="hint">First you see what would be lost.</p>
<a class="button second" href="${visit.href(paths.newDeletion(key.id))}">Delete the key …</a>
</div>`
  }
${open.map((deed) => (deed === 'need two people' ? twoPeople(visit, key, wrong) : simple(visit, key, deed)))}`;
}

const simple = (visit: Visit, key: Key, deed: keyof typeof HINTS): Html => {
  const [button, hint] = HINTS[deed];
  return html`<form class="deed" method="post" action="${visit.href(ACTION_PATHS[deed](key.id))}">
${csrfField(visit)}
<p class="hint" id="${deed}-hint">${hint}</p>
<button type="submit" aria-describedby="${deed}-hint">${button}</button>
</form>
`;
};

const twoPeople = (
  visit: Visit,
  key: Key,
  wrong: string | undefined,
): Html => html`<form class="deed" method="post" action="${visit.href(paths.dualAuthorization(key.id))}">
${csrfField(visit)}
${tickField({ name: 'sure', label: 'I know that this stays so until the key is destroyed', hint: 'Its deletion will need two people: one asks, and a Manager who is somebody else approves.', error: wrong })}
<div class="submit"><button type="submit">Need two people to delete it</button></div>
</form>
`;
