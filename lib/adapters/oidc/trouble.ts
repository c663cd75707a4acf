import { AuthorizationResponseError, OperationProcessingError, ResponseBodyError } from 'oauth4webapi';
import type { IssuerTrouble } from '../../ports/identity.ts';

/** What is wrong with how the installation or the client was set up, in the words of RFC 6749 and of the library. */
const MISCONFIGURED: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
]);
/** Somebody did not want to, at the issuer (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6). */
const BROKEN_OFF: ReadonlySet<string> = new Set([
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
]);
/** The issuer is there, and cannot just now; or what answers is no issuer. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'server_error',
  'temporarily_unavailable',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** Why a request to the issuer came to nothing, and the code of it for the log: never what it said, which can be anybody's words. */
export function troubleOf(error: unknown): { readonly trouble: IssuerTrouble; readonly code: string } {
  const code = codeOf(error);
  return { trouble: kindOf(error, code), code: /^[\w.-]{1,60}$/.test(code) ? code : 'other' };
}

function codeOf(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) return error.error;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

function kindOf(error: unknown, code: string): IssuerTrouble {
  if (MISCONFIGURED.has(code)) return 'misconfigured';
  if (BROKEN_OFF.has(code)) return 'broken-off';
  if (UNREACHABLE.has(code)) return 'unreachable';
  const spoke =
    error instanceof OperationProcessingError ||
    error instanceof AuthorizationResponseError ||
    error instanceof ResponseBodyError;
  // Whatever `fetch` throws: no address, no connection, no answer in time.
  return spoke || code.startsWith('OAUTH_') ? 'refused' : 'unreachable';
}
