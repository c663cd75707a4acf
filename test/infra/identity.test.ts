import { describe, expect, test } from 'vitest';
import { functionsOf, one, synthesized } from './synthesized.ts';

const stack = synthesized();
const other = synthesized({
  oidcIssuer: 'https://login.example.com/tenant/',
  oidcClientId: 'countersign',
  oidcAudience: 'https://keys.example.com',
  oidcLabel: 'Example SSO',
});
const environment = (of: typeof stack) => functionsOf(of).get('api')?.environment ?? {};

describe('by default people sign in at a user pool', () => {
  const { Properties, DeletionPolicy } = one(stack, 'AWS::Cognito::UserPool');

  test('in which nobody can put themselves', () => {
    expect(Properties.AdminCreateUserConfig).toMatchObject({ AllowAdminCreateUserOnly: true });
  });

  test('with a second factor, which is no text message', () => {
    expect(Properties.MfaConfiguration).toBe('ON');
    expect(Properties.EnabledMfas).toEqual(['SOFTWARE_TOKEN_MFA']);
  });

  test('and not by whoever reads their mail', () => {
    expect(Properties.AccountRecoverySetting).toEqual({
      RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }],
    });
  });

  test('with stolen passwords refused and risky sign-ins stopped', () => {
    expect(Properties.UserPoolTier).toBe('PLUS');
    expect(Properties.UserPoolAddOns).toEqual({ AdvancedSecurityMode: 'ENFORCED' });
  });

  test('that is not deleted, since grants name its subjects', () => {
    expect(Properties.DeletionProtection).toBe('ACTIVE');
    expect(DeletionPolicy).toBe('Retain');
  });

  test('through a client without a secret, by codes alone, back to our own URL', () => {
    const client = one(stack, 'AWS::Cognito::UserPoolClient').Properties;
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
    const [back] = client.CallbackURLs as readonly unknown[];
    expect(stack.resolve(back)).toBe(`${environment(stack).PUBLIC_URL}/sign-in/callback`);
  });

  test('at an address that no other installation has', () => {
    expect(stack.resolve(one(stack, 'AWS::Cognito::UserPoolDomain').Properties.Domain)).toBe(
      'countersign-uuid',
    );
  });

  test('and the API is told the issuer and the client', () => {
    expect(environment(stack)).toMatchObject({
      OIDC_ISSUER: `https://cognito-idp.eu-central-1.amazonaws.com/${one(stack, 'AWS::Cognito::UserPool').id}`,
      OIDC_CLIENT_ID: one(stack, 'AWS::Cognito::UserPoolClient').id,
    });
  });
});

test('with an issuer of one’s own there is no user pool, and the API is told that one', () => {
  expect(other.resources.filter(({ Type }) => Type.startsWith('AWS::Cognito'))).toEqual([]);
  expect(environment(other)).toMatchObject({
    OIDC_ISSUER: 'https://login.example.com/tenant',
    OIDC_CLIENT_ID: 'countersign',
    OIDC_AUDIENCE: 'https://keys.example.com',
    OIDC_LABEL: 'Example SSO',
  });
});
