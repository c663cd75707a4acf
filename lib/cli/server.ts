import ky, { HTTPError, type Options, TimeoutError } from 'ky';
import * as z from 'zod';
import { CliError } from './problem.ts';

export interface ServerOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly instance?: string;
}

/** For one answer, in milliseconds; a deletion that is carried out takes the server 8 seconds at most. */
const TIMEOUT = 30_000;

/** A server's API, as the person whose API key it is. @throws CliError of one line, with the server's reason. */
export interface Server {
  get(path: string, request?: Pick<Sending, 'headers'>): Promise<unknown>;
  /** As `get`; undefined for what is not there. */
  find(path: string): Promise<unknown>;
  send(method: 'post' | 'put' | 'patch' | 'delete', path: string, request?: Sending): Promise<unknown>;
}

export interface Sending {
  readonly json?: unknown;
  /** Text that people wrote goes in any script: what is not ASCII is sent in the form of RFC 8187. */
  readonly headers?: { readonly [name: string]: string | undefined };
}

/** What changes something is sent again only when the server asks for it (RFC 9110, 10.2.3). */
const ONLY_WHEN_ASKED: Options['retry'] = {
  limit: 3,
  methods: ['post', 'put', 'patch', 'delete'],
  statusCodes: [503],
  maxRetryAfter: 5_000,
  shouldRetry: ({ error }) =>
    error instanceof HTTPError && error.response.headers.has('retry-after') ? undefined : false,
};

/** What can stand in a header as it is: an error of `fetch` about any other text would show it, secret or not. */
const HEADER_SAFE = /^[!-~]+$/;

/** @throws CliError when the API key, the instance or the URL is not given, or cannot be used. */
export function connect({ url, apiKey, instance }: ServerOptions): Server {
  if (apiKey === undefined) throw new CliError('whose API key? Set COUNTERSIGN_API_KEY, or give --api-key');
  if (instance === undefined)
    throw new CliError('which instance? Set COUNTERSIGN_INSTANCE, or give --instance');
  if (!HEADER_SAFE.test(apiKey))
    throw new CliError('this is no API key: an API key has neither blanks nor line breaks in it');
  if (!HEADER_SAFE.test(instance)) throw new CliError('this is no id of an instance: it must be a UUID');
  if (!/^https?:\/\/[^@]*$/.test(url) || !URL.canParse(url)) {
    throw new CliError('--url must be a URL like http://127.0.0.1:8080, without user and password');
  }
  const headers = { authorization: `Bearer ${apiKey}`, 'bluemix-instance': instance };
  const client = ky.create({ prefixUrl: url, timeout: TIMEOUT, headers });
  return {
    get: (path, { headers: more = {} } = {}) => answer(url, client.get(path, { headers: sendable(more) })),
    find: (path) => answer(url, unlessMissing(client.get(path))),
    send: (method, path, { json, headers: more = {} } = {}) => {
      const body = json === undefined ? {} : { json };
      return answer(url, client(path, { method, headers: sendable(more), ...body, retry: ONLY_WHEN_ASKED }));
    },
  };
}

const sendable = (headers: NonNullable<Sending['headers']>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, /^[\x20-\x7e]*$/.test(value) ? value : encoded(value)]],
    ),
  );

const encoded = (text: string): string => `UTF-8''${encodeURIComponent(text)}`;

async function unlessMissing(response: Promise<Response>): Promise<Response> {
  return response.catch((error: unknown) => {
    if (error instanceof HTTPError && error.response.status === 404) return new Response();
    throw error;
  });
}

/** The answer's JSON; undefined where it has none. */
async function answer(url: string, response: Promise<Response>): Promise<unknown> {
  try {
    const text = await (await response).text();
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof HTTPError) throw new CliError(await refusal(error.response));
    if (error instanceof TimeoutError) {
      throw new CliError(
        `${url} did not answer within ${TIMEOUT / 1_000} seconds; what was asked may have been done`,
      );
    }
    if (error instanceof SyntaxError) throw new CliError(`${url} does not answer as a Countersign server`);
    throw new CliError(`no server answers at ${url} (${causeOf(error)}): start one, or set COUNTERSIGN_URL`);
  }
}

const ENVELOPE = z.object({
  resources: z
    .array(
      z.object({
        errorMsg: z.string(),
        reasons: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
      }),
    )
    .min(1),
});

/** Key Protect answers alike whatever is missing, and gives no code. */
const NO_ACCESS =
  'no access: the API key or the instance is unknown there, or its owner has no role for this (HTTP 401)';

/** Key Protect's error envelope in one line, its reason code at the end. */
async function refusal(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const [resource] = ENVELOPE.safeParse(body).data?.resources ?? [];
  const [reason] = resource?.reasons ?? [];
  if (reason !== undefined) return `${reason.message} (${reason.code})`;
  if (response.status === 401) return NO_ACCESS;
  return `${resource?.errorMsg ?? 'the server refused'} (HTTP ${response.status})`;
}

/** Node's fetch fails with a bare TypeError; what the matter is stands in its cause. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.message : 'unknown error';
}
