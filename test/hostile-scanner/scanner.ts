import type { Browser } from 'playwright-core';
import { browse } from './browse.ts';
import { type Form, formsOf, submissionsOf } from './forms.ts';
import { linksOf, rewritesOf } from './links.ts';
import { type Answer, type Deed, inParallel, type Sending, send } from './requests.ts';

export type { Deed } from './requests.ts';

/** A mail as it was delivered. */
export interface ScannedMail {
  readonly text: string;
  readonly html: string;
}

export interface ScanOptions {
  /** What the scanner may touch; by default this computer alone. */
  readonly mayAsk?: (url: URL) => boolean;
  /** Opens the links in it too, runs their scripts and presses everything. */
  readonly browser?: Browser;
  /** How often each URL is asked for by GET and by HEAD. */
  readonly repeats?: number;
  /** How many requests are on their way at a time. */
  readonly parallel?: number;
  /** What is typed into fields, besides nothing and what is there. */
  readonly dictionary?: readonly string[];
  /** How many words of each page are typed into fields as well. */
  readonly pageWords?: number;
  /** For each request, in milliseconds. */
  readonly timeLimit?: number;
  /** How long the scripts of each page may run in the browser, in milliseconds. */
  readonly linger?: number;
}

export interface ScanReport {
  readonly links: readonly string[];
  readonly forms: readonly Form[];
  readonly deeds: readonly Deed[];
}

/** What people, browsers and testers type. */
export const DICTIONARY: readonly string[] = [
  ...'test a x 1 0 123456 000000 111111 abcdef ABCDEF ffffff yes true on ok confirm approve deny delete'.split(
    ' ',
  ),
  ...'DELETE admin password secret null undefined * % .* user@example.com 2026-01-01 ../../etc/passwd'.split(
    ' ',
  ),
  ' ',
  '\u0000',
  'John Doe',
  "' OR '1'='1",
  '<script>alert(1)</script>',
];

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const DEFAULTS = {
  mayAsk: (url: URL) => LOOPBACK.has(url.hostname),
  repeats: 10,
  parallel: 8,
  dictionary: DICTIONARY,
  pageWords: 100,
  timeLimit: 10_000,
  linger: 500,
};
type Options = ScanOptions & typeof DEFAULTS;

/**
 * Does to a mail what mail security does: asks for every link many times, with GET and HEAD and at once, follows
 * redirects, rewrites links, sends every form with guesses in its fields, and opens it all in a browser. A system
 * that takes decisions by mailed links must be the same afterwards.
 */
export async function scan(mail: ScannedMail, options: ScanOptions = {}): Promise<ScanReport> {
  const all = { ...DEFAULTS, ...options };
  const allowed = (url: string) => all.mayAsk(new URL(url));
  const links = linksOf(mail).filter(allowed);
  const urls = links.flatMap((link) => [link, ...rewritesOf(link)]).filter(allowed);
  const looked = await sendAll(looksAt(urls, all.repeats), all);
  const pages = await sendAll(
    urls.map((url) => ({ method: 'GET', url })),
    all,
  );
  const forms = distinct(pages.flatMap(({ url, body }) => formsOf(body, url))).filter(({ action }) =>
    allowed(action),
  );
  const words = [
    ...new Set([...all.dictionary, ...pages.flatMap(({ body }) => wordsOf(body).slice(0, all.pageWords))]),
  ];
  const sendings = forms.flatMap((form) =>
    [...submissionsOf(form, words)].map((fields) => sendingOf(form, fields)),
  );
  const sent = await sendAll(sendings, all);
  const browsed = await browseAll(links, all);
  return {
    links,
    forms,
    deeds: [...[...looked, ...pages, ...sent].flatMap(({ deeds }) => deeds), ...browsed],
  };
}

const sendAll = (sendings: readonly Sending[], options: Options): Promise<readonly Answer[]> =>
  inParallel(options.parallel, sendings, (sending) => send(sending, options));

const looksAt = (urls: readonly string[], repeats: number): readonly Sending[] =>
  urls.flatMap((url) => [
    ...Array.from({ length: repeats }, () => ({ method: 'GET', url })),
    ...Array.from({ length: repeats }, () => ({ method: 'HEAD', url })),
    { method: 'OPTIONS', url },
  ]);

/** A form that the page of a rewritten link has as well is sent once. */
const distinct = (forms: readonly Form[]): readonly Form[] => {
  const seen = new Map<string, Form>();
  for (const form of forms) {
    const { origin, pathname } = new URL(form.action);
    const same = JSON.stringify({ ...form, action: origin + pathname });
    if (!seen.has(same)) seen.set(same, form);
  }
  return [...seen.values()];
};

function sendingOf({ method, action }: Form, fields: URLSearchParams): Sending {
  if (method === 'POST') return { method, url: action, fields };
  const url = new URL(action);
  url.search = fields.toString();
  return { method: 'GET', url: url.href };
}

/** The words of a page, with the values that stand in its attributes. */
const wordsOf = (page: string): readonly string[] => [
  ...new Set(page.replace(/<style.*?<\/style>/gis, ' ').match(/[\w@.-]{2,64}/g) ?? []),
];

async function browseAll(
  links: readonly string[],
  { browser, ...options }: Options,
): Promise<readonly Deed[]> {
  if (browser === undefined) return [];
  const words = options.dictionary.slice(0, 2);
  const browsed = await inParallel(1, links, (link) => browse(browser, link, { ...options, words }));
  return browsed.flat();
}
