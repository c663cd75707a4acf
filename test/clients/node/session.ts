import { BearerTokenAuthenticator, IamAuthenticator } from '@ibm-cloud/ibm-key-protect/auth/index.js';
import KeyProtectV2 from '@ibm-cloud/ibm-key-protect/ibm-key-protect-api/v2.js';
import type { Installation, Name } from '../installation.ts';

/** IBM's client for each of the people, and what it was refused. */
export type Session = { readonly [name in Name]: KeyProtectV2 } & {
  readonly installation: Installation;
  /** With this bearer credential instead of what IAM would give. */
  readonly bearing: (bearerToken: string) => KeyProtectV2;
  /** What every call has to say beside what it wants. */
  readonly here: { readonly bluemixInstance: string };
  /** `deleteKey 409 AUTHORIZATIONS_NOT_MET` for each answer that was not a success. */
  readonly refusals: ReadonlySet<string>;
};

export function openSession(installation: Installation): Session {
  const refusals = new Set<string>();
  const as = (name: Name) => noting(refusals, clientOf(installation, installation.apiKeys[name]));
  const bearing = (bearerToken: string) => noting(refusals, bearerOf(installation, bearerToken));
  const here = { bluemixInstance: installation.instanceId };
  const clients = { mia: as('mia'), max: as('max'), will: as('will'), rita: as('rita'), petra: as('petra') };
  return { ...clients, installation, bearing, here, refusals };
}

/** As in docs/clients.md: two URLs, and nothing else. */
export const clientOf = ({ url }: Pick<Installation, 'url'>, apikey: string): KeyProtectV2 =>
  new KeyProtectV2({ authenticator: new IamAuthenticator({ apikey, url }), serviceUrl: url });

const bearerOf = ({ url }: Pick<Installation, 'url'>, bearerToken: string): KeyProtectV2 =>
  new KeyProtectV2({ authenticator: new BearerTokenAuthenticator({ bearerToken }), serviceUrl: url });

/** The same client. Its methods are named as the operations are in the server's OpenAPI document. */
function noting(refusals: Set<string>, client: KeyProtectV2): KeyProtectV2 {
  return new Proxy(client, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        try {
          return await Reflect.apply(method, target, args);
        } catch (error) {
          refusals.add(`${String(name)} ${saidBy(error)}`);
          throw error;
        }
      };
    },
  });
}

/** The status and the reason code of what the client throws: `409 AUTHORIZATIONS_NOT_MET`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return saidBy(error);
  }
  return 'not refused';
}

/** The body is JSON in a string; without one where the answer has none, and where the client reads it as a stream. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error && 'status' in error)) throw error;
  const body: unknown = 'body' in error ? error.body : undefined;
  const problem: Problem = typeof body === 'string' ? JSON.parse(body) : {};
  const code = problem.resources?.[0]?.reasons?.[0]?.code ?? problem.errorCode;
  return [error.status, code].filter(Boolean).join(' ');
}

interface Problem {
  readonly resources?: readonly { readonly reasons?: readonly { readonly code?: string }[] }[];
  /** IAM's own form. */
  readonly errorCode?: string;
}

/** The one resource of an answer. */
export async function only<T>(
  call: Promise<{ readonly result: { readonly resources?: readonly T[] } }>,
): Promise<T> {
  const { result } = await call;
  const [resource] = result.resources ?? [];
  if (resource === undefined || result.resources?.length !== 1) throw new Error('not one resource');
  return resource;
}

/** The statuses of calls that answer nothing else. */
export const statusOf = async (call: Promise<{ readonly status: number }>): Promise<number> =>
  (await call).status;
