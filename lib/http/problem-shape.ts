/** What was wrong with a request, in the words that its sender knows it by. */
export interface Target {
  readonly type: 'field' | 'query_param' | 'header';
  readonly name: string;
}

/** Everything that an answer other than success says. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 422 | 429 | 500 | 503;
  /** The reason code; Key Protect sends none with 401. */
  readonly code?: string;
  readonly message: string;
  readonly target?: Target;
  readonly headers?: { readonly [name: string]: string };
}

/** What stands in the way is how things are, not how the request is. */
export const conflict = (code: string, message: string): Problem => ({ status: 409, code, message });

/** A second authorization is needed, and this is none, or not yet. */
export const notMet = (message: string): Problem => conflict('AUTHORIZATIONS_NOT_MET', message);

/** The key is not in a state in which this can be done. */
export const invalidState = (message: string): Problem => conflict('KEY_ACTION_INVALID_STATE_ERR', message);
