import ky, { HTTPError, type KyInstance, type Options } from 'ky';
import * as z from 'zod';
import { TransientError } from '../../domain/errors.ts';
import { DAY, MINUTE, SECOND } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

/**
 * For one answer with all its repeats, in milliseconds: a step of the workflow has 30 seconds, and tries again when it
 * has not heard by then.
 */
export const ANSWER_TIMEOUT = 9 * SECOND;
/** A token is used until this long before it ends, in milliseconds. */
const TOKEN_MARGIN = MINUTE;

/** What says "not now": busy, or broken there. Nothing else is repeated. */
const REPEATED = [429, 500, 502, 503, 504];

/** Every call that is made can be made twice: the second finds it done. */
const RETRY: Options['retry'] = {
  limit: 3,
  methods: ['get', 'post', 'delete'],
  statusCodes: REPEATED,
  afterStatusCodes: [429, 503],
  maxRetryAfter: 3 * SECOND,
  backoffLimit: 2 * SECOND,
  jitter: true,
};

export interface Credential {
  readonly tokenUrl: string;
  readonly apiKey: string;
}

/** An answer that is no success, with the reason code of Key Protect's envelope where it has one. */
export interface RemoteRefusal {
  readonly status: number;
  readonly code: string;
}

export type RemoteAnswer = { readonly body: unknown } | RemoteRefusal;

/**
 * One service's way to a Key Protect: exchanges its API key for tokens, renews them in time or when one is not taken,
 * and repeats what the other side was too busy for.
 * @throws TransientError when it cannot be reached, does not answer in time, or is busy: what was asked may be done.
 */
export interface RemoteClient {
  call(method: 'get' | 'post' | 'delete', path: string): Promise<RemoteAnswer>;
}

interface Place extends Credential {
  readonly url: string;
  readonly instance: string;
}

const TOKEN = z.object({
  access_token: z.string().min(1),
  expires_in: z
    .number()
    .positive()
    .max(DAY / SECOND),
});

const ENVELOPE = z.object({
  resources: z
    .array(z.object({ reasons: z.array(z.object({ code: z.string().regex(/^[A-Z0-9_]{1,64}$/) })).min(1) }))
    .min(1),
});

/** @param timeout how long one answer may take with all its repeats, in milliseconds. */
export function remoteClient(
  { url, tokenUrl, instance, apiKey }: Place,
  { clock, timeout }: { readonly clock: Clock; readonly timeout: number },
): RemoteClient {
  const client = ky.create({ timeout, retry: RETRY, redirect: 'error' });
  let token: { readonly value: string; readonly until: number } | undefined;

  const bearer = async (): Promise<string | RemoteRefusal> => {
    if (token !== undefined && clock.now() < token.until) return token.value;
    const answer = await exchange(client, { tokenUrl, apiKey });
    if ('status' in answer) return answer;
    const parsed = TOKEN.safeParse(answer.body);
    if (!parsed.success) throw new TransientError('the token service answered without a token');
    const { access_token: value, expires_in: seconds } = parsed.data;
    token = { value, until: clock.now() + Math.max(seconds * SECOND - TOKEN_MARGIN, 0) };
    return value;
  };

  const once = async (method: string, path: string): Promise<RemoteAnswer> => {
    const value = await bearer();
    if (typeof value !== 'string') return value;
    const headers = { authorization: `Bearer ${value}`, 'bluemix-instance': instance };
    return settle(client(`${url}/${path}`, { method, headers }));
  };

  return {
    call: async (method, path) => {
      const answer = await once(method, path);
      if (!('status' in answer) || answer.status !== 401) return answer;
      // Revoked there before it ended: a new one, once.
      token = undefined;
      return once(method, path);
    },
  };
}

function exchange(client: KyInstance, { tokenUrl, apiKey }: Credential): Promise<RemoteAnswer> {
  const body = new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: apiKey });
  return settle(client.post(tokenUrl, { body, headers: { accept: 'application/json' } }));
}

/** @throws TransientError that tells nothing of what was sent: the API key is in it. */
async function settle(response: Promise<Response>): Promise<RemoteAnswer> {
  try {
    const text = await (await response).text();
    return { body: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    if (error instanceof HTTPError) return refusalOf(error.response);
    const problem = error instanceof Error ? causeOf(error) : 'unknown';
    throw new TransientError(`the remote Key Protect does not answer (${problem})`);
  }
}

/** @throws TransientError */
async function refusalOf(response: Response): Promise<RemoteRefusal> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => undefined);
  const [resource] = ENVELOPE.safeParse(body).data?.resources ?? [];
  const code = resource?.reasons[0]?.code ?? '';
  if (REPEATED.includes(status)) {
    throw new TransientError(
      `the remote Key Protect is busy or broken (HTTP ${status}${code && `, ${code}`})`,
    );
  }
  return { status, code };
}

/** Node's fetch fails with a bare TypeError; what the matter is stands in its cause. */
function causeOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name;
}
