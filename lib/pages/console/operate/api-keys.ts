import { html } from 'hono/html';
import * as z from 'zod';
import { displayNameOf, type Person } from '../../../domain/person.ts';
import {
  type ApiKey,
  createApiKey,
  listApiKeys,
  MOST_API_KEYS,
  revokeApiKey,
} from '../../../operations/credentials.ts';
import { ownIdentities } from '../../../operations/own-identities.ts';
import type { Html } from '../../layout.ts';
import { row, time, typed } from '../../parts.ts';
import { formErrors } from '../fields.ts';
import { csrfField, readForm } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notFound, unreadable } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { copyable } from '../parts.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { apiKeyTable, keyWords } from './api-key-table.ts';
import { identityRows } from './identity.ts';
import { type Attempt, refusedForm, titled } from './shared.ts';

/** One's own API keys and those of one's services; revoking is a Manager's as well, of anybody's. */
export const API_KEY_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.apiKeys,
    who: 'manageApiKeys',
    handle: (visit) => show(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.apiKeys, who: 'manageApiKeys', handle: make }),
  consolePage({
    method: 'GET',
    path: PATTERNS.revokeApiKey,
    who: 'manageApiKeys',
    handle: async (visit) => {
      const listed = await listApiKeys(visit.context, visit.caller, visit.param('personId'));
      const key = listed.ok && listed.value.find(({ id }) => id === visit.param('apiKeyId'));
      // Somebody else's keys and none at all are alike.
      return key ? page(revocation(visit, key)) : notFound(visit);
    },
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.revokeApiKey,
    who: 'manageApiKeys',
    handle: async (visit) => {
      const which = { person: visit.param('personId'), id: visit.param('apiKeyId') };
      const revoked = await revokeApiKey(visit.context, visit.caller, which);
      if (!revoked.ok)
        return revoked.refusal.code === 'conflict' ? refusedPage(visit, revoked.refusal) : notFound(visit);
      return seeOther(backOf(visit), 'api-key-revoked');
    },
  }),
];

/** A Manager came from the person's page, whoever looks after their own from the list. */
const backOf = ({ caller, param }: Visit): string =>
  param('personId') === caller.person.id || caller.person.roles.Manager === undefined
    ? paths.apiKeys
    : paths.person(param('personId'));

async function show(visit: Visit, attempt?: Attempt): Promise<Answer> {
  const { context, caller } = visit;
  const own = await ownIdentities(context, caller);
  if (!own.ok) return refusedPage(visit, own.refusal);
  const keys = await Promise.all(own.value.map(({ id }) => listApiKeys(context, caller, id)));
  const title = 'Your API keys';
  const main = html`${formErrors(attempt?.errors)}
<h1>${title}</h1>
<p>With an API key you are known to the API, the command line and this console. It is shown once, when it is made; at most ${MOST_API_KEYS} at a time.</p>
${caller.person.signsInAs !== undefined && html`<dl>${identityRows(visit, caller.person)}</dl>`}
${own.value.map((holder, i) => {
  const listed = keys[i];
  return section(visit, holder, listed?.ok === true ? listed.value : []);
})}`;
  return page(consoleLayout({ visit, title: titled(title, attempt), main }), attempt?.status ?? 200);
}

const section = (visit: Visit, holder: Person, keys: readonly ApiKey[]): Html => html`
<h2>${holder.id === visit.caller.person.id ? 'Yours' : html`Of your service ${typed(displayNameOf(holder))}`}</h2>
${apiKeyTable(visit, holder, keys)}
<form method="post" action="${visit.href(paths.apiKeys)}">
${csrfField(visit)}
<div class="submit"><button type="submit" name="holder" value="${holder.id}">Make an API key${holder.kind === 'service' && html` for ${typed(displayNameOf(holder))}`}</button></div>
</form>`;

const FORM = z.object({ holder: z.string().max(254) });

/** The API key is in this answer alone, and in no address. */
async function make(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return unreadable(visit);
  const made = await createApiKey(visit.context, visit.caller, read.value.holder);
  if (!made.ok) return show(visit, refusedForm(visit, made.refusal));
  const title = 'Your new API key';
  const main = html`<h1>${title}</h1>
<p class="stake"><strong>It is shown this once.</strong> Keep it in a password manager. Whoever has it acts in your name.</p>
<dl>
${row('API key', copyable(made.value.apiKey, 'the API key'))}
${row('Instance id', copyable(visit.caller.instance.id, 'the id of the instance'))}
</dl>
<p><a class="go" href="${visit.href(paths.apiKeys)}">Back to your API keys</a></p>`;
  return page(consoleLayout({ visit, title, current: paths.apiKeys, main }));
}

function revocation(visit: Visit, key: ApiKey): Html {
  const title = 'Revoke this API key?';
  const main = html`<h1>${title}</h1>
<p class="stake"><strong>This cannot be undone.</strong> Whatever uses the key, and every session and token that was begun with it, ends at once. If it is the one that you signed in with, so does this session.</p>
<dl>
${row('API key', keyWords(key))}
${row('Made', time(key.createdAt))}
</dl>
<form method="post" action="${visit.href(paths.revokeApiKey(visit.param('personId'), key.id))}">
${csrfField(visit)}
<div class="buttons">
<a class="button" href="${visit.href(backOf(visit))}">Keep it</a>
<button type="submit" class="danger">Revoke it</button>
</div>
</form>`;
  return consoleLayout({ visit, title, current: paths.apiKeys, main });
}
