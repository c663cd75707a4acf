import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { REFUSALS } from '../../lib/http/problem.ts';
import { openStory, type Story } from '../support/story.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/key-protect-compatibility.md'), 'utf8');

/** What the page says about routes: `METHOD /path` between backquotes in a table. */
const described = new Set(
  PAGE.split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => line.match(/`(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/[^`]*`/g) ?? [])
    .map((route) => route.slice(1, -1)),
);

describe('the page on compatibility', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });

  afterAll(() => story.close());

  it('names every route that the program serves, and no other', () => {
    const served = createApp(story.context)
      .routes.filter(({ method, path }) => method !== 'ALL' && !/^\/(?:decide|claim|drill)\//.test(path))
      .map(({ method, path }) => `${method} ${path}`);
    // Hono serves HEAD wherever it serves GET; Key Protect has it for the list alone.
    expect([...described].sort()).toEqual([...new Set([...served, 'HEAD /api/v2/keys'])].sort());
  });

  it('names every reason code that Key Protect does not have', () => {
    const KEY_PROTECTS =
      /^(AUTHORIZATIONS_NOT_MET|NOT_DUAL_AUTH_ERR|KEY_|REQ_TOO_EARLY_ERR|INVALID_(?:FIELD|QUERY_PARAM)_ERR|UNPROCESSABLE_)/;
    const ours = Object.values(REFUSALS).flatMap(({ code }) =>
      code === undefined || KEY_PROTECTS.test(code) ? [] : [code],
    );
    expect(ours.filter((code) => !PAGE.includes(`\`${code}\``))).toEqual([]);
  });
});
