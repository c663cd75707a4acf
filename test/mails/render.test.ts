import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../lib/domain/authorization.ts';
import { DESTROYED } from '../../lib/domain/key.ts';
import { shortDigest } from '../../lib/domain/short-digest.ts';
import { renderMail } from '../../lib/mails/render.ts';
import type { MailInput, MailTemplate } from '../../lib/mails/templates.ts';
import {
  authorizationIn,
  EMAILS,
  INSTANCE,
  keyNamed,
  MANAGER,
  OTHER_MANAGER,
  type Typed,
  WRITER,
} from './story.ts';

const TOKEN = 'c2VjcmV0LXRva2VuLW9mLWEtbWFpbGVkLWxpbmstMzJieXQ';
const LINK = `https://keys.example.com/base/decide/${TOKEN}`;

const STATUS_OF: { readonly [template in MailTemplate]: Status } = {
  'approval-requested': 'pending',
  'half-time-reminder': 'pending',
  'last-day-reminder': 'pending',
  'window-closed': 'lapsed',
  'loss-changed': 'drifted',
  'key-destroyed': 'consumed',
  denied: 'denied',
  unexpected: 'denied',
  withdrawn: 'withdrawn',
  superseded: 'superseded',
  expired: 'expired',
  'deletion-stalled': 'destroying',
  'not-carried-out': 'void',
};
const TEMPLATES = Object.keys(STATUS_OF) as readonly MailTemplate[];
const TO_REQUESTER: readonly MailTemplate[] = ['window-closed', 'loss-changed'];
const WITH_LINK: readonly MailTemplate[] = [
  'approval-requested',
  'half-time-reminder',
  'last-day-reminder',
  ...TO_REQUESTER,
];

const inputOf = (template: MailTemplate, typed: Typed = {}): MailInput => ({
  template,
  recipient: TO_REQUESTER.includes(template) ? WRITER : MANAGER,
  instance: INSTANCE,
  key: { ...keyNamed(typed), ...(template === 'key-destroyed' && { state: DESTROYED }) },
  authorization: authorizationIn(STATUS_OF[template], typed),
  round: 1,
  emails: EMAILS,
  publicUrl: 'https://keys.example.com/base',
  ...(WITH_LINK.includes(template) && { link: LINK }),
});

const ENTITIES: { readonly [entity: string]: string } = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** What a person reads of an HTML document, as words. */
const wordsOfHtml = (html: string): readonly string[] =>
  wordsOf(
    html
      .replace(/<title>.*?<\/title>/s, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? ''),
  );

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

const tagsOf = (html: string): readonly string[] => html.match(/<[^>]*>/g) ?? [];

describe.each(TEMPLATES)('the mail %s', (template) => {
  const { subject, text, html } = renderMail(inputOf(template));

  it.each([
    'payments-prod',
    '9d3f5f4e-98a4-4d1c-8f0e-5b7a2c4e1a6f',
    'wendy@example.com',
    'Card vault was migrated',
    'OPS-1234',
    'Tue, 24 Nov 2026 21:40 UTC',
    shortDigest(authorizationIn(STATUS_OF[template]).manifestDigest),
    'inaccessible',
  ])('tells %s in text and HTML', (said) => {
    expect(text).toContain(said);
    expect(html).toContain(said);
  });

  it('names the key in a subject of one line, and nothing secret', () => {
    expect(subject).toContain('"payments-prod"');
    expect(subject).toMatch(/^\[Countersign\] [A-Z]/);
    expect(subject).not.toContain(TOKEN);
    expect(subject).not.toMatch(/\p{Cc}/u);
  });

  it('says the same in text as in HTML', () => {
    const read = wordsOfHtml(html).filter((word) => word !== LINK);
    const decoration = new Set([
      '!',
      LINK,
      ...'If the button does nothing, paste this into a browser:'.split(' '),
    ]);
    const plain = (words: readonly string[]) =>
      words
        .map((word) => word.replace(/:$/, ''))
        .filter((word) => !decoration.has(word) && !decoration.has(`${word}:`));
    expect(plain(read)).toEqual(plain(wordsOf(text)));
  });

  it('loads and tracks nothing', () => {
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|form|base)\b|url\(|@import|src=/i);
  });

  it('has the one link that it was given, and no other', () => {
    const links = template in STATUS_OF && WITH_LINK.includes(template) ? [LINK] : [];
    expect(text.match(/https?:\/\/\S+/g) ?? []).toEqual(links);
    expect([...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href)).toEqual(links);
  });
});

describe('what each mail adds', () => {
  it.each([
    ['approval-requested', 'until Tue, 01 Dec 2026 21:40 UTC'],
    ['approval-requested', 'Opening the link changes nothing'],
    [
      'half-time-reminder',
      'nobody has decided yet. You can approve or deny until Tue, 01 Dec 2026 21:40 UTC',
    ],
    ['last-day-reminder', 'Opening the link changes nothing'],
    ['window-closed', 'Ask again until: Thu, 03 Dec 2026 21:40 UTC'],
    ['window-closed', 'needs your API key'],
    ['loss-changed', 'Ask again until: Thu, 03 Dec 2026 21:40 UTC'],
    ['key-destroyed', 'Approved by: mara@example.com'],
    ['key-destroyed', 'Destroyed at: Wed, 25 Nov 2026 21:45 UTC'],
    ['denied', 'Denied by: mara@example.com'],
    ['denied', 'Note: still in use'],
    ['withdrawn', 'Withdrawn at: Wed, 25 Nov 2026 21:45 UTC'],
    ['not-carried-out', 'Why: too late'],
  ] as const)('%s tells "%s"', (template, said) => {
    expect(renderMail(inputOf(template)).text).toContain(said);
  });

  it('a trial instance is marked as one', () => {
    const input = inputOf('denied');
    expect(renderMail({ ...input, instance: { ...INSTANCE, trial: true } }).text).toContain('trial instance');
    expect(renderMail(input).text).not.toContain('trial instance');
  });

  it('somebody whose address is not known is named by their id', () => {
    expect(renderMail({ ...inputOf('denied'), emails: {} }).text).toContain('Denied by: user-mara');
  });

  it('the mail of one person’s deletion does not claim that two agreed', () => {
    const input = inputOf('key-destroyed');
    const authorization = { ...input.authorization, twoPeople: false };
    const { text } = renderMail({ ...input, authorization });
    expect(text).toContain('One person deleted the key');
    expect(text).not.toContain('Two people');
  });

  it('is sent to whom it says', () => {
    expect(renderMail({ ...inputOf('denied'), recipient: OTHER_MANAGER }).text).toContain(
      'Sent to milo@example.com',
    );
  });
});

const HOSTILE = [
  '\r\nBcc: eve@example.com\r\n\r\n',
  '</td><script>alert(1)</script>',
  '"><a href="https://evil.example">',
  "$& $' $1 %",
  '\u202egnp.exe\u2066',
  '\u0000\u001b[31m\u2028\u2029',
  '&lt;b&gt;',
  '\ud800',
];
const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 20 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));
const hostile: fc.Arbitrary<Typed> = fc.record({
  name: hostileText,
  aliases: fc.array(hostileText, { minLength: 2, maxLength: 2 }),
  reason: hostileText,
  ticket: hostileText,
  note: hostileText,
  why: hostileText,
});

describe('whatever anybody typed into a name, an alias, a reason, a note or an address', () => {
  it.each(TEMPLATES)('the mail %s keeps its tags, its lines and its headers', (template) => {
    const benign = renderMail(inputOf(template));
    fc.assert(
      fc.property(hostile, (typed) => {
        const input = inputOf(template, typed);
        const address = `${typed.reason}@example.com`;
        const recipient = { ...input.recipient, email: address };
        const emails = { ...EMAILS, [WRITER.id]: address };
        const { subject, text, html } = renderMail({ ...input, recipient, emails });
        expect(tagsOf(html)).toEqual(tagsOf(benign.html));
        expect(text.split('\n').length).toBe(benign.text.split('\n').length);
        expect(text).not.toMatch(/[\p{Cs}\u202a-\u202e\u2066-\u2069\r\u2028\u2029]/u);
        expect(subject).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(Array.from(subject).length).toBeLessThan(120);
      }),
      { numRuns: 200 },
    );
  });

  it('stands in the subject as it is, where it is harmless', () => {
    const { subject } = renderMail(inputOf('denied', { name: "50% of $& and $1 `key` 'x'" }));
    expect(subject).toContain(`"50% of $& and $1 \`key\` 'x'"`);
  });

  it('is cut in the subject without cutting a character in two', () => {
    const { subject } = renderMail(inputOf('denied', { name: '🔑'.repeat(90) }));
    expect(subject).toContain(`"${'🔑'.repeat(47)}…"`);
  });
});
