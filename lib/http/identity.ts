import type { Context as HonoContext } from 'hono';
import * as z from 'zod';
import type { Decision } from '../domain/refusal.ts';
import type { Context } from '../operations/context.ts';
import { continueSession, type OpenSession, openSession } from '../operations/sessions.ts';
import { formBody } from './describe.ts';
import type { OpenRoute } from './open-route.ts';
import { REFUSALS, RequestProblem, tooManyGuesses } from './problem.ts';
import { API_KEY_GRANT, issueToken, REFRESH_GRANT } from './tokens.ts';

const GRANT_RULE = `grant_type must be ${API_KEY_GRANT}, or ${REFRESH_GRANT}`;

/** What else the clients send along (`uaa_client_id` …) does not matter. */
const GRANT = z.object({
  grant_type: z.enum([API_KEY_GRANT, REFRESH_GRANT], GRANT_RULE),
  apikey: z
    .string()
    .optional()
    .meta({ description: 'With the first: an API key', examples: ['cs_…'] }),
  refresh_token: z
    .string()
    .optional()
    .meta({ description: 'With the second: the `refresh_token` of the answer before. Each is for one use' }),
});

const TOKEN = z
  .object({
    access_token: z.string().meta({ description: 'A JSON Web Token, RS256' }),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds' }),
    expiration: z.int().meta({ description: 'Seconds since 1970' }),
    scope: z.string(),
  })
  .meta({ id: 'Token' });

const TOKEN_PROBLEM = z
  .object({
    errorCode: z.string(),
    errorMessage: z.string(),
    context: z.object({ requestId: z.string() }),
  })
  .meta({ id: 'TokenProblem' });

const exchange = (path: string, id: string): OpenRoute => ({
  id,
  method: 'POST',
  path,
  summary: 'Exchange an API key or a refresh token for an access token, as with IBM’s IAM',
  tag: 'Tokens',
  body: formBody(GRANT),
  answers: { 200: { what: 'The token, good for an hour', schema: TOKEN } },
  problem: TOKEN_PROBLEM,
  handle: token,
});

/** Stands in for IBM's IAM: an API key becomes an access token. Two paths, since the clients differ. */
export const IDENTITY: readonly OpenRoute[] = [
  exchange('/identity/token', 'getToken'),
  exchange('/oidc/token', 'getTokenOidc'),
  {
    method: 'GET',
    path: '/identity/keys',
    id: 'getTokenKeys',
    summary: 'Read the public key that access tokens are signed with',
    tag: 'Tokens',
    answers: {
      200: {
        what: 'A JSON Web Key Set',
        schema: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
      },
    },
    handle: async ({ signer }, c) => c.json({ keys: [await signer.publicKey()] }),
  },
];

const UNKNOWN_KEY = { errorCode: 'BXNIM0415E', errorMessage: 'Provided API key could not be found.' };
const UNKNOWN_REFRESH_TOKEN = {
  errorCode: 'BXNIM0407E',
  errorMessage: 'Provided refresh token is not valid: it is expired, was used before, or never was one.',
};

/** A form, whatever its content type says. */
async function token(context: Context, c: HonoContext): Promise<Response> {
  const form = GRANT.safeParse(Object.fromEntries(new URLSearchParams(await c.req.text())));
  if (!form.success) return refused(c, { errorCode: UNKNOWN_KEY.errorCode, errorMessage: GRANT_RULE });
  const { grant_type, apikey = '', refresh_token = '' } = form.data;
  const isRefresh = grant_type === REFRESH_GRANT;
  const opened = isRefresh
    ? await continueSession(context, refresh_token)
    : await openSession(context, apikey);
  if (opened.ok) return c.json(await issueToken(context, opened.value));
  return unknown(c, opened, isRefresh ? UNKNOWN_REFRESH_TOKEN : UNKNOWN_KEY);
}

type Refused = Exclude<Decision<OpenSession>, { readonly ok: true }>;
type IamProblem = typeof UNKNOWN_KEY;

function unknown(c: HonoContext, { refusal }: Refused, problem: IamProblem): Response {
  if (refusal.code === 'conflict') throw new RequestProblem(REFUSALS.conflict);
  const wait = c.get('wrongGuess')?.() ?? 0;
  if (wait === 0) return refused(c, problem);
  c.header('retry-after', String(wait));
  const { code = '', message } = tooManyGuesses(wait);
  return refused(c, { errorCode: code, errorMessage: message }, 429);
}

const refused = (c: HonoContext, problem: IamProblem, status: 400 | 429 = 400): Response =>
  c.json({ ...problem, context: { requestId: c.get('correlationId') } }, status);
