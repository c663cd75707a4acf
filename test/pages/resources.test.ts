import { describe, expect, it } from 'vitest';
import { registeredResources } from '../../lib/domain/manifest.ts';
import type { Registration } from '../../lib/domain/registration.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import type { LinkView } from '../../lib/operations/links.ts';
import { decisionPage } from '../../lib/pages/decision-page.ts';
import { readForm } from '../../lib/pages/forms.ts';
import type { Html } from '../../lib/pages/layout.ts';
import { reauthorizePage } from '../../lib/pages/reauthorize-page.ts';
import { problemOf } from '../../lib/pages/refusals.ts';
import { resultPage } from '../../lib/pages/result-page.ts';
import { crnOf, manyRegistrations, registration } from '../domain/registrations.ts';
import { viewOf } from './views.ts';

/** The same view with these resources, or with other members of its authorization. */
function using(view: LinkView, registrations: readonly Registration[], other: object = {}): LinkView {
  const resources = registeredResources(registrations, sha256);
  const manifest = { ...view.authorization.manifest, ...(resources && { registrations: resources }) };
  return {
    ...view,
    authorization: { ...view.authorization, ...other, manifest } as LinkView['authorization'],
  };
}

const textOf = async (page: Html): Promise<string> => (await page).toString();

const BOX = /<input type="checkbox"[^>]*>/;
const APPROVE = 'value="approve"';

describe('the page of a decision', () => {
  it('has no box where no resource uses the key', async () => {
    const page = await textOf(decisionPage(viewOf('pending')));
    expect(page).not.toMatch(BOX);
    expect(page).toContain(APPROVE);
  });

  it('names the resources, and has a box that is not ticked', async () => {
    const hostile = registration('a', { description: '<b>x</b>' });
    const page = await textOf(decisionPage(using(viewOf('pending'), [hostile, registration('b')])));
    const [box = ''] = BOX.exec(page) ?? [];
    expect(box).toContain('name="force"');
    expect(box).not.toContain('checked');
    expect(page).toContain('2 resources use it');
    expect(page).toContain(crnOf('a'));
    expect(page).toContain('&lt;b&gt;x&lt;/b&gt;');
  });

  it('unfolds the first hundred and counts the rest', async () => {
    const page = await textOf(decisionPage(using(viewOf('pending'), manyRegistrations(120))));
    expect(page).toContain('120 resources use it');
    expect(page).toContain(crnOf('r0099'));
    expect(page).not.toContain(crnOf('r0100'));
    expect(page).toContain('and 20 more');
  });

  it('marks the box when it was not ticked', async () => {
    const problem = problemOf('resources-protected');
    const page = await textOf(decisionPage(using(viewOf('pending'), [registration('a')]), { problem }));
    expect(BOX.exec(page)?.[0]).toContain('aria-invalid="true"');
    expect(page).toContain('href="#force"');
  });

  it('offers no approval while a resource retains the key', async () => {
    const retained = registration('a', { preventKeyDeletion: true });
    const page = await textOf(decisionPage(using(viewOf('pending'), [retained])));
    expect(page).toContain('This cannot be approved');
    expect(page).toContain('retention policy');
    expect(page).not.toContain(APPROVE);
    expect(page).toContain('value="deny"');
  });

  it('says in a later round what is different from the one before, or that nothing is', async () => {
    const later = (sinceLastRound: readonly string[]) =>
      textOf(decisionPage(using(viewOf('pending'), [], { round: 3, sinceLastRound })));
    expect(await later(['version v2 was added on 2026-01-01T00:00:00Z'])).toContain('version v2 was added');
    expect(await later([])).toContain('the same as in round 2');
    expect(await textOf(decisionPage(viewOf('pending')))).not.toContain('Since the last round');
  });
});

it('whoever may ask again sees what has changed until now, and so does the result', async () => {
  const changes = [`${crnOf('new')} was registered`];
  for (const status of ['drifted', 'lapsed'] as const) {
    expect(await textOf(reauthorizePage({ ...viewOf(status), changes }))).toContain(changes[0]);
  }
  expect(await textOf(reauthorizePage({ ...viewOf('lapsed'), changes: [] }))).not.toContain('What changed');
  expect(await textOf(reauthorizePage({ ...viewOf('drifted'), changes: [] }))).toContain('as it was before');
  expect(await textOf(resultPage(using(viewOf('drifted'), [], { changes })))).toContain(changes[0]);
});

describe('the form', () => {
  const read = (force: string) =>
    readForm(`decision=approve&round=1&manifestDigest=${'0'.repeat(64)}&confirm=abcdef${force}`);

  it('carries the ticked box, and nothing that is not one', () => {
    expect(read('&force=true')).toMatchObject({ ok: true, form: { force: true } });
    expect(read('')).not.toHaveProperty('form.force');
    expect(read('&force=1')).toEqual({ ok: false, field: 'force' });
    expect(read('&force=')).toEqual({ ok: false, field: 'force' });
  });
});
