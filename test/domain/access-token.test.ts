import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOurAccessToken, type VerifiedToken } from '../../lib/domain/access-token.ts';

const WANTED = { clientId: 'countersign' };
const plain = { typ: 'JWT' };

describe('a token that the issuer signed', () => {
  it.each<[whose: string, header: { readonly typ?: string }, claims: VerifiedToken['claims']]>([
    ['Cognito', {}, { token_use: 'access', client_id: 'countersign', scope: 'openid' }],
    ['Keycloak', plain, { typ: 'Bearer', azp: 'countersign', aud: 'account', scope: 'openid email' }],
    ['RFC 9068', { typ: 'at+jwt' }, { client_id: 'countersign', aud: 'https://keys.example.com' }],
    ['RFC 9068, in full', { typ: 'application/at+jwt' }, { client_id: 'countersign' }],
  ])('is ours as an access token of %s names our client', (_, header, claims) => {
    expect(isOurAccessToken({ header, claims }, WANTED)).toBe(true);
  });

  it('is ours by its audience alone where one was agreed on, as Entra’s are', () => {
    const claims = { aud: 'api-of-ours', scp: 'keys', azp: 'cli' };
    const wanted = { ...WANTED, audience: 'api-of-ours' };
    expect(isOurAccessToken({ header: plain, claims }, wanted)).toBe(true);
    expect(
      isOurAccessToken({ header: plain, claims: { ...claims, aud: ['a', 'api-of-ours'] } }, wanted),
    ).toBe(true);
    expect(isOurAccessToken({ header: plain, claims: { ...claims, aud: 'api' } }, wanted)).toBe(false);
    expect(isOurAccessToken({ header: plain, claims }, WANTED)).toBe(false);
  });

  it.each<[whose: string, claims: VerifiedToken['claims']]>([
    ['Cognito', { token_use: 'id', aud: 'countersign', client_id: 'countersign' }],
    ['Keycloak', { typ: 'ID', azp: 'countersign', aud: 'countersign', scope: 'openid' }],
    ['Google', { azp: 'countersign', aud: 'countersign', at_hash: 'x', scope: 'openid' }],
    ['Entra', { aud: 'countersign', nonce: 'n', scp: 'x', azp: 'countersign' }],
    ['nobody in particular', { aud: 'countersign', azp: 'countersign' }],
  ])('is none as an ID token of %s', (_, claims) => {
    expect(isOurAccessToken({ header: plain, claims }, WANTED)).toBe(false);
    expect(isOurAccessToken({ header: plain, claims }, { ...WANTED, audience: 'countersign' })).toBe(false);
  });

  it('is never ours as another client’s, or with a mark of ID tokens, whatever else it says', () => {
    const name = fc.constantFrom('countersign', 'wiki', undefined);
    const claims = fc.record({
      client_id: name,
      azp: name,
      aud: name,
      scope: fc.constantFrom('keys', undefined),
      token_use: fc.constantFrom('access', 'id', undefined),
      nonce: fc.constantFrom('n', undefined),
      at_hash: fc.constantFrom('h', undefined),
    });
    fc.assert(
      fc.property(claims, fc.constantFrom('at+jwt', 'JWT', undefined), (given, typ) => {
        const header = typ === undefined ? {} : { typ };
        if (!isOurAccessToken({ header, claims: given }, WANTED)) return;
        expect(given.client_id ?? given.azp).toBe('countersign');
        expect([given.nonce, given.at_hash, given.token_use === 'id']).toEqual([undefined, undefined, false]);
      }),
    );
  });
});
