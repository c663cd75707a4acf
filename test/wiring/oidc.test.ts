import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsOidc, localOidc, type OidcSettings } from '../../lib/wiring/oidc.ts';

const oidcIssuer = 'https://login.example.com/realms/staff';
const oidcClientId = 'countersign';
let folder: string;
const file = (name: string, contents: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, contents);
  chmodSync(path, mode);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-oidc-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the issuer of a server on this machine', () => {
  it('is none where none is named', async () => {
    expect(await localOidc({})).toBeUndefined();
  });

  it('is called by its host, and is a public client’s, where nothing else is said', async () => {
    expect(await localOidc({ oidcIssuer, oidcClientId })).toEqual({
      issuer: oidcIssuer,
      clientId: 'countersign',
      label: 'login.example.com',
    });
  });

  it('has the secret of its file, and what else it is given', async () => {
    const oidcClientSecretFile = file('secret', 's3cret\n');
    const more = { oidcClientSecretFile, oidcAudience: 'https://keys.example.com', oidcLabel: 'Example SSO' };
    expect(await localOidc({ oidcIssuer, oidcClientId, ...more })).toEqual({
      issuer: oidcIssuer,
      clientId: 'countersign',
      clientSecret: 's3cret',
      audience: 'https://keys.example.com',
      label: 'Example SSO',
    });
  });

  it.each<[settings: OidcSettings, says: string]>([
    [{ oidcClientId }, '--oidc-client-id needs --oidc-issuer'],
    [{ oidcLabel: 'x' }, '--oidc-label needs --oidc-issuer'],
    [{ oidcIssuer }, '--oidc-issuer needs --oidc-client-id'],
    [{ oidcIssuer: 'login', oidcClientId }, '--oidc-issuer must be a URL that begins with https://'],
    [{ oidcIssuer: 'http://login.example.com', oidcClientId }, 'must be a URL that begins with https://'],
    [{ oidcIssuer: 'javascript:alert(1)', oidcClientId }, 'must be a URL that begins with https://'],
    [{ oidcIssuer: `${oidcIssuer}?a=b`, oidcClientId }, 'must have no user, password, query or fragment'],
    [
      { oidcIssuer, oidcClientId, oidcClientSecretFile: '/none' },
      '/none of --oidc-client-secret-file is not there',
    ],
  ])('%o is refused by the name of what is wrong', async (settings, says) => {
    await expect(localOidc(settings)).rejects.toThrow(says);
  });

  it('is refused with a secret that others can read, or that is none, without telling it', async () => {
    const open = { oidcIssuer, oidcClientId, oidcClientSecretFile: file('open', 's3cret', 0o644) };
    await expect(localOidc(open)).rejects.toThrow('can be read by others than its owner');
    const two = { ...open, oidcClientSecretFile: file('two', 'one two') };
    await expect(localOidc(two)).rejects.toThrow(/must hold the secret and nothing else$/);
  });
});

describe('the issuer of an installation on AWS', () => {
  const pool = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x';

  it('is what the function is told; the user pool by its name', () => {
    expect(awsOidc({})).toBeUndefined();
    expect(awsOidc({ OIDC_ISSUER: pool, OIDC_CLIENT_ID: 'a' })).toEqual({
      issuer: pool,
      clientId: 'a',
      label: 'Amazon Cognito',
    });
    const env = { OIDC_ISSUER: oidcIssuer, OIDC_CLIENT_ID: 'a', OIDC_AUDIENCE: 'b', OIDC_LABEL: 'c' };
    expect(awsOidc(env)).toEqual({ issuer: oidcIssuer, clientId: 'a', audience: 'b', label: 'c' });
  });

  it('is refused where it is not whole', () => {
    expect(() => awsOidc({ OIDC_ISSUER: pool })).toThrow('OIDC_CLIENT_ID is not set');
    expect(() => awsOidc({ OIDC_ISSUER: 'x', OIDC_CLIENT_ID: 'a' })).toThrow(
      'the variable OIDC_ISSUER must be',
    );
  });
});
