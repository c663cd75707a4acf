import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import type { GuessLimiter } from './limiter.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /**
     * Notes that a token, a link or an API key was not a right one.
     * @returns 0 while the request's source is within its limit, else the seconds until it may try again.
     */
    wrongGuess: () => number;
    /** Where the request comes from, where that is known. */
    source: string | undefined;
  }
}

/**
 * Where a request comes from, or undefined where that is not known: then guesses are not limited, and an instance that
 * allows some addresses alone is not reached.
 */
export type SourceOf = (c: HonoContext) => string | undefined;

/** Gives every route its `source` and its `wrongGuess`. */
export const countGuesses =
  (limiter: GuessLimiter, sourceOf: SourceOf): MiddlewareHandler =>
  async (c, next) => {
    const source = sourceOf(c);
    c.set('source', source);
    c.set('wrongGuess', () => {
      return source === undefined ? 0 : limiter.wrong(source);
    });
    await next();
  };

/** What the two servers hand in with a request: Node's, and the event that API Gateway gives to a Lambda function. */
interface Bindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  readonly event?: { readonly requestContext?: { readonly http?: { readonly sourceIp?: string } } };
}

/** Whom the connection is from. Behind a proxy that is the proxy. */
export const connectionSource: SourceOf = ({ env }) => {
  const { incoming, event } = (env ?? {}) as Bindings;
  return event?.requestContext?.http?.sourceIp ?? incoming?.socket?.remoteAddress;
};

/**
 * Whom a proxy in front of the server saw: the last address of `x-forwarded-for`, which is the one that the proxy itself
 * has written. What stands before it anybody can write.
 */
export const proxiedSource: SourceOf = (c) => {
  const last = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim();
  return last === undefined || last === '' ? connectionSource(c) : last.slice(0, LONGEST_ADDRESS);
};

/** An IPv6 address with a zone; more is none. */
const LONGEST_ADDRESS = 64;
