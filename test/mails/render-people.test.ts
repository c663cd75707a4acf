import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeopleFacts, PeopleMailInput, PeopleTemplate } from '../../lib/mails/people-templates.ts';
import { renderPeopleMail } from '../../lib/mails/render-people.ts';
import { INSTANCE } from './story.ts';

const TOKEN = 'c2VjcmV0LXRva2VuLW9mLWEtbWFpbGVkLWxpbmstMzJieXQ';
const LINK = `https://keys.example.com/base/claim/${TOKEN}`;
const AT = Date.UTC(2026, 10, 24, 21, 40);

const FACTS: { readonly [template in PeopleTemplate]: Partial<PeopleFacts> } = {
  'became-manager': { roles: [{ role: 'Manager' }] },
  'may-purge': { roles: [{ role: 'KeyPurge', on: { keyRing: 'payroll' } }] },
  'address-changed': { formerEmail: 'old@example.com' },
  'manager-ended': { ended: 'removed' },
  'person-ended': { ended: 'frozen' },
  'api-key-link': { until: AT + 7 * 86_400_000 },
  'api-key-claimed': {},
  'identity-bound': { issuer: 'https://login.example.com' },
  'identity-ended': { issuer: 'https://login.example.com' },
  drill: { drill: { keyName: 'Drill 2026-11-24' }, until: AT + 7 * 86_400_000 },
  'drill-ended': {
    drill: {
      keyName: 'Drill 2026-11-24',
      results: [
        { email: 'max@example.com', result: 'ready', at: AT, withCredential: true },
        { email: 'nora@example.com', result: 'not-reached' },
      ],
    },
  },
  'change-requested': {
    changes: [{ name: 'Roles', before: 'Writer', after: 'Writer, Manager' }],
    changeRequest: '0b7c5d4e-0000-4000-8000-000000000000',
    until: AT + 7 * 86_400_000,
    note: 'Dan takes over from Max',
  },
  'change-ended': { changeEnd: 'denied' },
  'settings-changed': { changes: [{ name: 'Restore window', before: 'P30D', after: 'P31D' }] },
};
const TEMPLATES = Object.keys(FACTS) as readonly PeopleTemplate[];

const WITH_LINK: readonly PeopleTemplate[] = ['api-key-link', 'drill'];

const inputOf = (template: PeopleTemplate, facts: Partial<PeopleFacts> = {}): PeopleMailInput => ({
  template,
  to: 'mia@example.com',
  facts: { person: 'mia@example.com', by: 'max@example.com', at: AT, ...FACTS[template], ...facts },
  instance: INSTANCE,
  publicUrl: 'https://keys.example.com/base',
  ...(WITH_LINK.includes(template) && { link: LINK }),
});

describe.each(TEMPLATES)('the mail %s', (template) => {
  const { subject, text, html } = renderPeopleMail(inputOf(template));

  it('tells who it is about, who did it, when with its zone, and where', () => {
    for (const said of ['mia@example.com', 'max@example.com', 'Tue, 24 Nov 2026 21:40 UTC', INSTANCE.id]) {
      expect(text).toContain(said);
      expect(html).toContain(said);
    }
    // A new address says nothing to those who knew the former one.
    expect(subject).toContain(FACTS[template].formerEmail ?? 'mia@example.com');
  });

  it('has the one link that it was given, not in its subject', () => {
    const links = WITH_LINK.includes(template) ? [LINK] : [];
    expect(text.match(/https?:\/\/\S+/g) ?? []).toEqual(links);
    expect([...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href)).toEqual(links);
    expect(subject).not.toContain(TOKEN);
    expect(html).not.toMatch(/<(?:img|script|iframe|form|base)\b|url\(|src=/i);
  });

  it('marks a trial', () => {
    const trial = { ...inputOf(template), instance: { ...INSTANCE, trial: true } };
    expect(renderPeopleMail(trial).text).toContain('a trial instance with printed API keys');
    expect(text).not.toContain('trial');
  });

  it('keeps its lines, its tags and its headers, whatever a name or an address holds', () => {
    const hostile = fc.array(
      fc.constantFrom('\r\nBcc: eve@example.com\r\n\r\n', '<script>', '"><a href="x">', '$&', '\u202e', '%'),
      { minLength: 1, maxLength: 4 },
    );
    const tags = (document: string) => document.match(/<[^>]*>/g)?.length;
    fc.assert(
      fc.property(hostile, (parts) => {
        const typed = parts.join('x');
        const rendered = renderPeopleMail(inputOf(template, { person: typed, by: typed }));
        expect(rendered.subject).not.toMatch(/\p{Cc}/u);
        expect(tags(rendered.html)).toBe(tags(html));
        expect(rendered.text.split('\n')).toHaveLength(text.split('\n').length);
      }),
      { numRuns: 50 },
    );
  });
});

it.each([
  ['removed', 'mia@example.com was removed'],
  ['frozen', 'mia@example.com was frozen'],
  ['role', 'mia@example.com is no Manager any more'],
] as const)('of somebody who ended by %s it says so', (ended, said) => {
  expect(renderPeopleMail(inputOf('manager-ended', { ended })).subject).toBe(`[Countersign] ${said}`);
});

it('of a role on a part of the instance names the part', () => {
  expect(renderPeopleMail(inputOf('may-purge')).text).toContain('Roles given: KeyPurge@ring:payroll');
});

it.each([
  [[{ role: 'Manager' }], false],
  [[{ role: 'Manager' }, { role: 'KeyPurge' }], true],
] as const)('of a new Manager with %j it says whether they purge as well', (roles, purges) => {
  const { text } = renderPeopleMail(inputOf('became-manager', { roles }));
  expect(text.includes('a destroyed key is purged')).toBe(purges);
});

it('of a service that becomes Manager names whose it is, and promises no approval', () => {
  const { text } = renderPeopleMail(
    inputOf('became-manager', { person: 'nightly', owner: 'mia@example.com' }),
  );
  expect(text).toContain('A service of: mia@example.com');
  expect(text).toContain('approve where the instance lets services do that');
});

it('of what somebody did themselves names nobody else', () => {
  const { by: _, ...facts } = inputOf('api-key-claimed').facts;
  expect(renderPeopleMail({ ...inputOf('api-key-claimed'), facts }).text).not.toContain('Done by');
});
