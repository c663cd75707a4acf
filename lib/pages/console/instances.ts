import { html } from 'hono/html';
import * as z from 'zod';
import { isReachableFrom } from '../../domain/instance-policies.ts';
import { membershipsOf, switchConsoleInstance } from '../../operations/console-sessions.ts';
import { typed } from '../parts.ts';
import { csrfField, readForm } from './form.ts';
import { consoleLayout } from './layout.ts';
import { elsewhere, notForYou, unreadable } from './messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from './page.ts';
import { PATTERNS, paths, safeNext } from './paths.ts';

const FORM = z.object({ instance: z.string().max(100), next: z.string().optional() });

/** Choosing one of the instances that somebody has a role in. */
export const INSTANCE_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.instances, who: 'signed-in', handle: choose }),
  consolePage({ method: 'POST', path: PATTERNS.instances, who: 'signed-in', handle: change }),
];

async function choose(visit: Visit): Promise<Answer> {
  const memberships = await membershipsOf(visit.context, visit.session.by);
  const here = memberships.filter(({ instance }) => isReachableFrom(instance, visit.source));
  const next = safeNext(visit.query.get('next'));
  const title = 'Choose an instance';
  const main = html`<div class="narrow">
<h1>${title}</h1>
<p>You have a role in each of these. Keys, people and requests of one are not seen in another.</p>
<form method="post" action="${visit.href(paths.instances)}">
${csrfField(visit)}
<input type="hidden" name="next" value="${next}">
${here.map(
  ({ instance: { id, name } }) =>
    html`<p><button type="submit" name="instance" value="${id}"${id === visit.caller.instance.id && html` class="first"`}>${typed(name)}${id === visit.caller.instance.id && ' (you are here)'}</button></p>
`,
)}</form>
</div>`;
  return page(consoleLayout({ visit, title, main }));
}

async function change(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return unreadable(visit);
  const next = safeNext(read.value.next);
  if (read.value.instance === visit.caller.instance.id) return seeOther(next);
  const memberships = await membershipsOf(visit.context, visit.session.by);
  const membership = memberships.find(({ instance }) => instance.id === read.value.instance);
  if (membership === undefined) return notForYou(visit);
  if (!isReachableFrom(membership.instance, visit.source)) return elsewhere(visit);
  const begun = await switchConsoleInstance(visit.context, visit, membership);
  return begun.ok
    ? seeOther(next, 'instance-changed', { begin: begun.value.token })
    : seeOther(paths.signIn, 'session-ended', 'end');
}
