import type { Context as HonoContext } from 'hono';
import { identify } from '../operations/caller.ts';
import type { Context } from '../operations/context.ts';
import type { OpenRoute } from './open-route.ts';
import { API_KEY_GRANT, issueToken } from './tokens.ts';

/** Stands in for IBM's IAM: an API key becomes an access token. Two paths, since the clients differ. */
export const IDENTITY: readonly OpenRoute[] = [
  { method: 'POST', path: '/identity/token', handle: token },
  { method: 'POST', path: '/oidc/token', handle: token },
  {
    method: 'GET',
    path: '/identity/keys',
    handle: async ({ signer }, c) => c.json({ keys: [await signer.publicKey()] }),
  },
];

/** A form, whatever its content type says. What else the clients send along (`uaa_client_id` …) does not matter. */
async function token(context: Context, c: HonoContext): Promise<Response> {
  const form = new URLSearchParams(await c.req.text());
  if (form.get('grant_type') !== API_KEY_GRANT) return refused(c, `grant_type must be ${API_KEY_GRANT}`);
  const personId = await identify(context, form.get('apikey') ?? '');
  if (personId === undefined) return refused(c, 'Provided API key could not be found.');
  return c.json(await issueToken(context, personId));
}

const refused = (c: HonoContext, errorMessage: string): Response =>
  c.json({ errorCode: 'BXNIM0415E', errorMessage, context: { requestId: c.get('correlationId') } }, 400);
