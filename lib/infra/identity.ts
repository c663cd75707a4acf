import { Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  StandardThreatProtectionMode,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { OidcSettings } from './settings.ts';

export interface IdentityProps {
  /** An issuer that there is already; undefined: a user pool is made. */
  readonly oidc: OidcSettings | undefined;
  /** Where people reach Countersign: where they come back to after they have signed in. */
  readonly publicUrl: string;
}

/** The path that people come back to with their code, and the one that they leave to. */
export const SIGNED_IN = '/sign-in/callback';
const SIGNED_OUT = '/sign-in';

/**
 * Who says who somebody is. What they may do stands in our own table: whoever administers the user pool can make an
 * account, and by that no Manager.
 */
export class Identity extends Construct {
  readonly issuer: string;
  readonly clientId: string;
  private readonly more: Readonly<Record<string, string>> = {};

  constructor(scope: Construct, id: string, { oidc, publicUrl }: IdentityProps) {
    super(scope, id);
    if (oidc !== undefined) {
      this.issuer = oidc.issuer;
      this.clientId = oidc.clientId;
      this.more = {
        ...(oidc.audience !== undefined && { OIDC_AUDIENCE: oidc.audience }),
        ...(oidc.label !== undefined && { OIDC_LABEL: oidc.label }),
      };
      return;
    }
    const pool = this.userPool();
    // Unique in the region for all accounts, hence by the stack's own id.
    const domainPrefix = `countersign-${Fn.select(2, Fn.split('/', Stack.of(this).stackId))}`;
    pool.addDomain('SignIn', { cognitoDomain: { domainPrefix } });
    this.issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${pool.userPoolId}`;
    this.clientId = this.client(pool, publicUrl).userPoolClientId;
  }

  /** What the API is told. */
  get environment(): Readonly<Record<string, string>> {
    return { OIDC_ISSUER: this.issuer, OIDC_CLIENT_ID: this.clientId, ...this.more };
  }

  private userPool(): UserPool {
    return new UserPool(this, 'People', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      // A text message goes to whoever has the number.
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      // Whoever reads everybody's mail must not be able to sign in by it: an administrator resets passwords.
      accountRecovery: AccountRecovery.NONE,
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      // Stolen passwords are refused, and a risky sign-in is stopped: worth 2 cents a person and month here.
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      // A person is an issuer and a subject: with the pool, everybody's grants would belong to nobody.
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** The console, in a browser: a public client, whose codes are bound to who asked for them (PKCE). */
  private client(pool: UserPool, publicUrl: string): UserPoolClient {
    return pool.addClient('Console', {
      generateSecret: false,
      authFlows: {},
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
        callbackUrls: [`${publicUrl}${SIGNED_IN}`],
        logoutUrls: [`${publicUrl}${SIGNED_OUT}`],
      },
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(8),
    });
  }
}
