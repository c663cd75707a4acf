import { print } from '../terminal.ts';

const LIMIT_MS = 10_000;

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Sends a request, and shows it with the status that it got; `shown` stands for a path that is a secret. */
export async function tell(url: string, request: RequestInit & { readonly shown?: string }): Promise<Reply> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(LIMIT_MS) });
  const text = await response.text();
  const line = `${request.method ?? 'GET'} ${request.shown ?? new URL(url).pathname}`;
  await print(`   ${line}  →  ${response.status}`);
  return { status: response.status, text };
}

/** What Key Protect's error envelope says, for people. */
export function reasonOf({ text }: Reply): string {
  const { resources }: { resources?: { errorMsg?: string }[] } = JSON.parse(text);
  return resources?.[0]?.errorMsg ?? 'no reason given';
}

/** The form of a page, as a browser would send it with these fields filled in. */
export function filledForm(page: string, typed: Readonly<Record<string, string>>): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [input] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
    fields.set(attributeOf(input, 'name'), attributeOf(input, 'value'));
  }
  for (const [name, value] of Object.entries(typed)) fields.set(name, value);
  return fields;
}

const attributeOf = (tag: string, name: string): string =>
  new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';

/** The heading of a page. */
export const headingOf = (page: string): string =>
  (/<h1>(.*?)<\/h1>/s.exec(page)?.[1] ?? '').replace(/<[^>]*>/g, '').trim();
