import type { PersonId } from '../domain/person.ts';
import { identify } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import { bearerUnreadable } from './bad-request.ts';
import { NO_ACCESS, RequestProblem, tooManyGuesses } from './problem.ts';
import { tokenReader } from './tokens.ts';

/** What every API key begins with; no token does. */
const API_KEY_PREFIX = 'cs_';

/**
 * Who sends this `authorization` header.
 * @param wrongGuess notes a credential that is none; answers the seconds until its source may try again, or 0.
 * @throws RequestProblem when nobody that is known does.
 */
export type Authenticate = (
  authorization: string | undefined,
  wrongGuess?: () => number,
) => Promise<PersonId>;

/**
 * `Bearer` and an API key, or an access token that one was exchanged for. Says nothing of what they may do: that is
 * looked up in the instance with every request, so that a token outlives no role.
 */
export function authentication(context: Context): Authenticate {
  const readToken = tokenReader(context);
  return async (authorization, wrongGuess = () => 0) => {
    if (authorization === undefined) throw new RequestProblem(NO_ACCESS);
    const [, credential] = /^Bearer +(\S+)$/i.exec(authorization.trim()) ?? [];
    if (credential === undefined) throw bearerUnreadable();
    if (credential.startsWith(API_KEY_PREFIX)) {
      const personId = await identify(context, credential);
      if (personId === undefined) throw guessed(wrongGuess(), new RequestProblem(NO_ACCESS));
      return personId;
    }
    const personId = await readToken(credential);
    if (personId === undefined) throw guessed(wrongGuess(), bearerUnreadable());
    return personId;
  };
}

const guessed = (wait: number, otherwise: RequestProblem): RequestProblem =>
  wait === 0 ? otherwise : new RequestProblem(tooManyGuesses(wait));
