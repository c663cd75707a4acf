import { readSecretFile } from '../adapters/file/secret-file.ts';
import { oidcIdentity } from '../adapters/oidc/identity.ts';
import type { OidcOptions } from '../adapters/oidc/issuer.ts';
import { PermanentError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Identity } from '../ports/identity.ts';
import type { Log } from '../ports/log.ts';

/** Who says who somebody is, as the operator names it. */
export interface OidcSettings {
  readonly oidcIssuer?: string | undefined;
  readonly oidcClientId?: string | undefined;
  /** A file with the client's secret and nothing else, that its owner alone can read; without it a public client. */
  readonly oidcClientSecretFile?: string | undefined;
  /** What access tokens for the API have in their `aud`; absent: they name the client. */
  readonly oidcAudience?: string | undefined;
  /** What people know the issuer by. Default: its host. */
  readonly oidcLabel?: string | undefined;
}

/**
 * The issuer of a server on this machine; undefined where none is set up. It is not asked for anything yet.
 * @throws PermanentError that names the option that is missing or wrong.
 */
export async function localOidc(settings: OidcSettings): Promise<OidcOptions | undefined> {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile, oidcAudience, oidcLabel } = settings;
  if (oidcIssuer === undefined) {
    const alone = Object.entries(NAMES).find(([name]) => settings[name as keyof OidcSettings] !== undefined);
    if (alone !== undefined) throw new PermanentError(`${alone[1]} needs --oidc-issuer`);
    return undefined;
  }
  if (oidcClientId === undefined || oidcClientId === '') {
    throw new PermanentError('--oidc-issuer needs --oidc-client-id');
  }
  const clientSecret = oidcClientSecretFile === undefined ? undefined : await secretIn(oidcClientSecretFile);
  return {
    issuer: issuerOf(oidcIssuer, '--oidc-issuer'),
    clientId: oidcClientId,
    label: oidcLabel ?? new URL(oidcIssuer).host,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(oidcAudience !== undefined && { audience: oidcAudience }),
  };
}

const NAMES = {
  oidcClientId: '--oidc-client-id',
  oidcClientSecretFile: '--oidc-client-secret-file',
  oidcAudience: '--oidc-audience',
  oidcLabel: '--oidc-label',
} as const;

async function secretIn(path: string): Promise<string> {
  const secret = (await readSecretFile(path))?.trim();
  if (secret === undefined) throw new PermanentError(`${path} of --oidc-client-secret-file is not there`);
  if (secret === '' || /\s/.test(secret)) {
    throw new PermanentError(`${path} of --oidc-client-secret-file must hold the secret and nothing else`);
  }
  return secret;
}

/** @throws PermanentError where who signs in, or the keys of tokens, would cross a network in the clear. */
function issuerOf(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url !== undefined && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isHere))) {
    throw new PermanentError(
      `${name} must be a URL that begins with https:// (http:// is for loopback addresses only)`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new PermanentError(`${name} must have no user, password, query or fragment`);
  }
  return text;
}

/**
 * The issuer of an installation on AWS: its user pool, or one of one's own. A public client: a function has no file for a
 * secret, and the codes are bound to who asked for them.
 * @throws PermanentError that names the variable that is missing or wrong.
 */
export function awsOidc(env: Readonly<Record<string, string | undefined>>): OidcOptions | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = env;
  const [label, audience] = [env.OIDC_LABEL ?? '', env.OIDC_AUDIENCE ?? ''];
  if (issuer === undefined || issuer === '') return undefined;
  if (clientId === undefined || clientId === '')
    throw new PermanentError('the variable OIDC_CLIENT_ID is not set');
  const { host } = new URL(issuerOf(issuer, 'the variable OIDC_ISSUER'));
  return {
    issuer,
    clientId,
    label: label === '' ? (host.startsWith('cognito-idp.') ? 'Amazon Cognito' : host) : label,
    ...(audience !== '' && { audience }),
  };
}

/** The context's member; none where no issuer is set up. */
export const identityOf = (
  options: OidcOptions | undefined,
  parts: { readonly clock: Pick<Clock, 'now'>; readonly log: Log },
): { readonly identity?: Identity } =>
  options === undefined ? {} : { identity: oidcIdentity(options, parts) };
