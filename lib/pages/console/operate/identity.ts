import { html } from 'hono/html';
import type { Person } from '../../../domain/person.ts';
import { unbindIdentity } from '../../../operations/identities.ts';
import { loadPerson } from '../../../operations/records/person.ts';
import type { Html } from '../../layout.ts';
import { row, time } from '../../parts.ts';
import { csrfField } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notFound } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, isFor, page, seeOther, type Visit } from '../page.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';

/** Ending that somebody signs in at an issuer: by themselves, or by a Manager. */
export const IDENTITY_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.unbindIdentity, who: 'manageApiKeys', handle: ask }),
  consolePage({ method: 'POST', path: PATTERNS.unbindIdentity, who: 'manageApiKeys', handle: unbind }),
];

/** What an account is shown with, wherever somebody's is; nothing where they have none. */
export const identityRows = (visit: Visit, { id, signsInAs, identitySince }: Person): Html | '' =>
  signsInAs === undefined
    ? ''
    : html`${row('Signs in at', html`<code>${signsInAs.issuer}</code>`)}
${row('Known there as', html`<code>${signsInAs.subject}</code>${identitySince !== undefined && html`, since ${time(identitySince)}`} <a class="go" href="${visit.href(paths.unbindIdentity(id))}">End this</a>`)}`;

const isOneself = ({ caller, param }: Visit): boolean => param('personId') === caller.person.id;

async function ask(visit: Visit): Promise<Answer> {
  const { context, caller } = visit;
  const may = isOneself(visit) || isFor('managePeople', caller);
  const person = may
    ? await loadPerson(context.store, caller.instance.id, visit.param('personId'))
    : undefined;
  // Others' and nobody's are alike.
  if (person?.signsInAs === undefined) return notFound(visit);
  const title = 'End this sign-in?';
  const main = html`<h1>${title}</h1>
<p class="stake">Whoever signs in with this account is nobody here any more, and every session that began so ends at once. API keys stay. Another account is bound through a mailed link.${isOneself(visit) && ' Without an API key you are locked out until a Manager has a new link sent to you.'}</p>
<dl>
${row('Signs in at', html`<code>${person.signsInAs.issuer}</code>`)}
${row('Known there as', html`<code>${person.signsInAs.subject}</code>`)}
</dl>
<form method="post" action="${visit.href(paths.unbindIdentity(person.id))}">
${csrfField(visit)}
<div class="buttons">
<a class="button" href="${visit.href(backOf(visit))}">Keep it</a>
<button type="submit" class="danger">End it</button>
</div>
</form>`;
  return page(consoleLayout({ visit, title, current: backOf(visit), main }));
}

async function unbind(visit: Visit): Promise<Answer> {
  const unbound = await unbindIdentity(visit.context, visit.caller, visit.param('personId'));
  if (unbound.ok) return seeOther(backOf(visit), 'identity-ended');
  return unbound.refusal.code === 'conflict' ? refusedPage(visit, unbound.refusal) : notFound(visit);
}

const backOf = (visit: Visit): string =>
  isOneself(visit) ? paths.apiKeys : paths.person(visit.param('personId'));
