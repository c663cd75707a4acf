/** One request and its answer. */
export interface Deed {
  readonly by: 'client' | 'browser';
  readonly method: string;
  readonly url: string;
  /** Undefined: no answer came. */
  readonly status: number | undefined;
}

export interface Sending {
  readonly method: string;
  readonly url: string;
  readonly fields?: URLSearchParams;
}

export interface Answer {
  /** Where redirects led to. */
  readonly url: string;
  readonly body: string;
  readonly deeds: readonly Deed[];
}

export interface RequestOptions {
  /** What may be touched. */
  readonly mayAsk: (url: URL) => boolean;
  /** For each request, in milliseconds. */
  readonly timeLimit: number;
}

const MOST_REDIRECTS = 5;

/** Sends a request and follows its redirects as browsers do, as long as they lead where it may go. */
export async function send(first: Sending, options: RequestOptions): Promise<Answer> {
  const deeds: Deed[] = [];
  let sending: Sending | undefined = first;
  let answer = { url: first.url, body: '' };
  for (let hop = 0; sending !== undefined && hop <= MOST_REDIRECTS; hop += 1) {
    const done = await sendOnce(sending, options);
    deeds.push(done.deed);
    answer = { url: sending.url, body: done.body };
    sending = done.next;
  }
  return { ...answer, deeds };
}

interface Done {
  readonly deed: Deed;
  readonly body: string;
  /** Where a redirect leads. */
  readonly next: Sending | undefined;
}

async function sendOnce(sending: Sending, { mayAsk, timeLimit }: RequestOptions): Promise<Done> {
  const { method, url, fields } = sending;
  const signal = AbortSignal.timeout(timeLimit);
  const request = { method, signal, redirect: 'manual', ...(fields && { body: fields }) } as const;
  const response = await fetch(url, request).catch(() => undefined);
  const body = (await response?.text().catch(() => '')) ?? '';
  const next = response && redirected(sending, response);
  const goesOn = next !== undefined && mayAsk(new URL(next.url));
  return {
    deed: { by: 'client', method, url, status: response?.status },
    body,
    next: goesOn ? next : undefined,
  };
}

const KEEPS_METHOD = new Set([307, 308]);

function redirected({ method, url, fields }: Sending, { status, headers }: Response): Sending | undefined {
  const location = headers.get('location');
  if (location === null || !URL.canParse(location, url)) return undefined;
  const target = new URL(location, url).href;
  if (KEEPS_METHOD.has(status)) return { method, url: target, ...(fields && { fields }) };
  return { method: method === 'HEAD' ? 'HEAD' : 'GET', url: target };
}

/** Does the work for each of them, `count` at a time. */
export async function inParallel<T, R>(
  count: number,
  all: readonly T[],
  work: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const queue = all.values();
  const done: R[] = [];
  const workers = Array.from({ length: count }, async () => {
    for (const one of queue) done.push(await work(one));
  });
  await Promise.all(workers);
  return done;
}
