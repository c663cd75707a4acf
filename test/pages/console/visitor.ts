import type { Hono } from 'hono';
import { csrfOf } from '../../../lib/operations/console-sessions.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where a redirect leads to. */
  readonly location: string;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Where the request comes from. */
  readonly from?: string;
}

/** A list is a field that is sent several times. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A browser without a window: it keeps the cookie, and posts forms as a page of ours would. */
export interface Visitor {
  /** The cookie's value, while it has one. A test may set it. */
  token: string | undefined;
  get(path: string, sent?: Sent): Promise<Answered>;
  /** `csrf` is put in where the fields do not have it. */
  post(path: string, fields?: Fields, sent?: Sent): Promise<Answered>;
  signIn(apiKey: string, sent?: Sent): Promise<Answered>;
}

export const ORIGIN = 'http://127.0.0.1:8080';

export function visitor(app: Hono, cookie = 'countersign-local'): Visitor {
  const request = async (
    path: string,
    init: RequestInit,
    { headers = {}, from }: Sent,
  ): Promise<Answered> => {
    const all = new Headers(init.headers);
    all.set('accept', 'text/html,application/xhtml+xml,*/*;q=0.8');
    if (self.token !== undefined) all.set('cookie', `${cookie}=${self.token}`);
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) all.delete(name);
      else all.set(name, value);
    }
    const env = from === undefined ? {} : { incoming: { socket: { remoteAddress: from } } };
    const response = await app.request(`${ORIGIN}${path}`, { ...init, headers: all }, env);
    keepCookie(response);
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get('location') ?? '',
    };
  };
  const keepCookie = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === cookie) self.token = value === '' || /Max-Age=0/.test(line) ? undefined : value;
    }
  };
  const self: Visitor = {
    token: undefined,
    get: (path, sent = {}) => request(path, {}, sent),
    post: (path, fields = {}, sent = {}) => {
      const csrf = self.token === undefined ? '' : csrfOf(self.token);
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        origin: ORIGIN,
      };
      const pairs = Object.entries({ csrf, ...fields }).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one] as [string, string]),
      );
      const body = new URLSearchParams(pairs).toString();
      return request(path, { method: 'POST', headers, body }, sent);
    },
    signIn: (apiKey, sent = {}) => self.post('/sign-in', { apiKey }, sent),
  };
  return self;
}
