import type { Hono } from 'hono';
import type { RefusalCode } from '../../lib/domain/refusal.ts';
import type { LinkView } from '../../lib/operations/links.ts';
import { type Links, linkPages } from '../../lib/pages/routes.ts';
import { TOKEN } from './views.ts';

export interface FakeLinks {
  readonly app: Hono;
  /** What was called, with what. */
  readonly calls: readonly unknown[];
  /** The tokens of the openings that were noted. */
  readonly openings: readonly string[];
  readonly logged: readonly string[];
}

export interface Answers {
  readonly refuse?: RefusalCode;
  readonly fail?: Error;
}

/** The pages over links that show this view, and answer every decision as told. */
export function pagesShowing(view: LinkView, { refuse: code, fail }: Answers = {}): FakeLinks {
  const calls: unknown[] = [];
  const openings: string[] = [];
  const logged: string[] = [];
  const answer = async (...call: readonly unknown[]) => {
    calls.push(call);
    if (fail !== undefined) throw fail;
    if (code !== undefined) return { ok: false, refusal: { code } } as const;
    return { ok: true, value: view } as const;
  };
  const links: Links = {
    async open(token) {
      if (fail !== undefined) throw fail;
      return token === TOKEN ? { ok: true, value: view } : { ok: false, refusal: { code: 'link-unknown' } };
    },
    async opened(token) {
      openings.push(token);
    },
    decide: (token, form) => answer('decide', token, form),
    reauthorize: (token, form) => answer('reauthorize', token, form),
  };
  const log = {
    info() {},
    error: (message: string, fields?: object) => void logged.push(JSON.stringify({ message, ...fields })),
  };
  return { app: linkPages(links, log), calls, openings, logged };
}

export const post = (app: Hono, path: string, fields: { readonly [name: string]: string }) =>
  app.request(path, { method: 'POST', body: new URLSearchParams(fields) });
