import { RemovalPolicy } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { BackendFunction } from './backend-function.ts';

/** What sealed bytes are bound to, as KMS's encryption context: a key's material, a destroyed key's, the link in a mail, an import token's key. */
export const SEALED = {
  material: 'key *',
  retained: 'retained *',
  link: 'mail *',
  importKey: 'import *',
} as const;
type Sealed = keyof typeof SEALED;

/** The KMS keys. A lost key is lost data, so none goes with the stack. */
export class EncryptionKeys extends Construct {
  /** Encrypts the tables. */
  readonly tables: Key;
  /** Seals key material and the links in unsent mails, before they reach a table. */
  private readonly sealing: Key;
  /** Signs access tokens (RS256). */
  private readonly signing: Key;
  /** Signs checkpoints of the audit chains (RS256). */
  private readonly checkpoints: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.tables = new Key(this, 'Tables', {
      description: 'Countersign: encrypts the tables',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.sealing = new Key(this, 'Sealing', {
      description: 'Countersign: seals key material and mailed links',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.signing = new Key(this, 'TokenSigning', {
      description: 'Countersign: signs access tokens',
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.checkpoints = new Key(this, 'CheckpointSigning', {
      description: 'Countersign: signs checkpoints of the audit chains',
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Sealing and unsealing, each only of what is named. */
  grantSealing(
    to: BackendFunction,
    { seal, unseal }: Readonly<Record<'seal' | 'unseal', readonly Sealed[]>>,
  ): void {
    to.addEnvironment('SEALING_KEY_ARN', this.sealing.keyArn);
    this.allow(to, 'kms:GenerateDataKey', seal);
    this.allow(to, 'kms:Decrypt', unseal);
  }

  grantTokenSigning(to: BackendFunction): void {
    to.addEnvironment('SIGNING_KEY_ARN', this.signing.keyArn);
    allowSigning(to, this.signing);
  }

  grantCheckpointSigning(to: BackendFunction): void {
    to.addEnvironment('CHECKPOINT_KEY_ARN', this.checkpoints.keyArn);
    allowSigning(to, this.checkpoints);
  }

  private allow(to: BackendFunction, action: string, sealed: readonly Sealed[]): void {
    if (sealed.length === 0) return;
    const contexts = sealed.map((what) => SEALED[what]);
    to.allow({
      actions: [action],
      resources: [this.sealing.keyArn],
      conditions: { StringLike: { 'kms:EncryptionContext:context': contexts } },
    });
  }
}

function allowSigning(to: BackendFunction, { keyArn }: Key): void {
  to.allow({ actions: ['kms:GetPublicKey'], resources: [keyArn] });
  to.allow({
    actions: ['kms:Sign'],
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' } },
  });
}
