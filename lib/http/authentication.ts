import type { PersonId } from '../domain/person.ts';
import { identify } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { loadBinding } from '../operations/records/identity.ts';
import { bearerUnreadable } from './bad-request.ts';
import { NO_ACCESS, RequestProblem, tooManyGuesses } from './problem.ts';
import { isOurToken, tokenReader } from './tokens.ts';

/** What every API key begins with; no token does. */
const API_KEY_PREFIX = 'cs_';

/**
 * Who sends this `authorization` header.
 * @param asked its `wrongGuess` notes a credential that is none; answers the seconds until its source may try again, or 0.
 * @throws RequestProblem when nobody that is known does.
 */
export type Authenticate = (authorization: string | undefined, asked: Asked) => Promise<PersonId>;

interface Asked {
  /** Which instance the request names: an issuer's identity is somebody in each by itself. @throws RequestProblem */
  readonly instanceId: () => string;
  readonly wrongGuess?: (() => number) | undefined;
}

/**
 * `Bearer` and an API key, an access token that one was exchanged for, or an access token of the OIDC issuer that is set
 * up, of somebody to whom that identity is bound. Says nothing of what they may do: that is
 * looked up in the instance with every request, so that a token outlives no role.
 */
export function authentication(context: Context): Authenticate {
  const readToken = tokenReader(context);
  return async (authorization, { instanceId, wrongGuess = () => 0 }) => {
    if (authorization === undefined) throw new RequestProblem(NO_ACCESS);
    const [, credential] = /^Bearer +(\S+)$/i.exec(authorization.trim()) ?? [];
    if (credential === undefined) throw bearerUnreadable();
    if (credential.startsWith(API_KEY_PREFIX)) {
      const personId = await identify(context, credential);
      if (personId === undefined) throw guessed(wrongGuess(), new RequestProblem(NO_ACCESS));
      return personId;
    }
    const { identity, store } = context;
    if (identity !== undefined && !isOurToken(credential)) {
      const who = await identity.verify(credential);
      if (who === undefined) throw guessed(wrongGuess(), bearerUnreadable());
      const binding = await loadBinding(store, who, instanceId());
      if (binding === undefined) throw new RequestProblem(NO_ACCESS);
      return binding.personId;
    }
    const personId = await readToken(credential);
    if (personId === undefined) throw guessed(wrongGuess(), bearerUnreadable());
    return personId;
  };
}

const guessed = (wait: number, otherwise: RequestProblem): RequestProblem =>
  wait === 0 ? otherwise : new RequestProblem(tooManyGuesses(wait));
