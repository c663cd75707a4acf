import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../lib/domain/authorization.ts';
import type { Typed } from '../mails/story.ts';
import { pagesShowing, post } from './fake-links.ts';
import { TOKEN, viewOf } from './views.ts';

const HOSTILE = [
  '</title></style></textarea><script>alert(1)</script>',
  '" autofocus onfocus="alert(1)',
  "'><img src=x onerror=alert(1)>",
  '\r\nLocation: https://evil.example\r\n\r\n',
  '\u202egnp\u2066',
  '<!--',
  '&#60;b&#62;',
  '\u0000\u2028',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 20 })), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
const hostile: fc.Arbitrary<Typed> = fc.record({
  name: text,
  aliases: fc.array(text, { minLength: 2, maxLength: 2 }),
  reason: text,
  ticket: text,
  note: text,
  why: text,
});

const STATUSES: readonly Status[] = ['pending', 'lapsed', 'drifted', 'consumed', 'denied', 'void'];

// Digests of other text are other digests, and long words are marked as such; everything else in a tag must stay as it is.
const tagsOf = (page: string): readonly string[] =>
  (page.match(/<[^>]*>/g) ?? []).map((tag) =>
    tag.replace(/[0-9a-f]{64}/, '(digest)').replace('<bdi class="long">', '<bdi>'),
  );

describe('whatever anybody typed into a name, an alias, a reason, a ticket or a note', () => {
  it.each(STATUSES)('the page of a request that is %s keeps its tags', async (status) => {
    const page = async (typed?: Typed) =>
      (await pagesShowing(viewOf(status, typed)).app.request(`/decide/${TOKEN}`)).text();
    const benign = tagsOf(await page());
    await fc.assert(
      fc.asyncProperty(hostile, async (typed) => {
        const shown = await page(typed);
        expect(tagsOf(shown)).toEqual(benign);
        expect(shown).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u2028]/u);
      }),
      { numRuns: 60 },
    );
  });

  it('a note that is shown again stays text', async () => {
    const { app } = pagesShowing(viewOf('pending'), { refuse: 'confirmation-mismatch' });
    const { manifestDigest } = viewOf('pending').authorization;
    const shownAgain = async (note: string, confirm: string) =>
      (
        await post(app, `/decide/${TOKEN}`, { decision: 'deny', round: '1', manifestDigest, confirm, note })
      ).text();
    const benign = tagsOf(await shownAgain('', ''));
    await fc.assert(
      fc.asyncProperty(text, text, async (note, confirm) => {
        expect(tagsOf(await shownAgain(note.slice(0, 400), confirm.slice(0, 100)))).toEqual(benign);
      }),
      { numRuns: 60 },
    );
  });
});
