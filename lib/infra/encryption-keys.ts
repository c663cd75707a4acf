import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { BackendFunction } from './backend-function.ts';
import { denyAllBut, Named } from './denials.ts';
import { KEPT } from './kept.ts';

/** What sealed bytes are bound to, as KMS's encryption context: a key's material, a destroyed key's, the link in a mail, an import token's key. */
export const SEALED = {
  material: 'key *',
  retained: 'retained *',
  link: 'mail *',
  importKey: 'import *',
} as const;
type Sealed = keyof typeof SEALED;

export interface EncryptionKeysProps {
  /** The role that the denials leave out. */
  readonly breakGlassRole: string | undefined;
}

/** Whatever gives out, or passes on the right to give out, what is sealed. */
const UNSEALING = ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:CreateGrant'];
const SEALING = [
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:ReEncryptTo',
];

/**
 * The KMS keys. A lost key is lost data, so none goes with the stack. Their policies leave administration to IAM, as
 * KMS recommends, and deny their use to everybody whose part it is not, the account's administrators among them: who
 * wants it all the same has to change the policy first, which CloudTrail and the tampering rules tell of. The tables'
 * key has no such denial: DynamoDB uses it by grants of its own, for whoever the tables' policies let in.
 */
export class EncryptionKeys extends Construct {
  /** Encrypts the tables. */
  readonly tables: Key;
  /** Seals key material and the links in unsent mails, before they reach a table. */
  private readonly sealing: Key;
  /** Signs access tokens (RS256). */
  private readonly signing: Key;
  /** Signs checkpoints of the audit chains (RS256). */
  private readonly checkpoints: Key;
  private readonly sealers: Named;
  private readonly unsealers: Named;
  private readonly tokenSigners: Named;
  private readonly checkpointSigners: Named;

  constructor(scope: Construct, id: string, { breakGlassRole }: EncryptionKeysProps) {
    super(scope, id);
    this.sealers = new Named(breakGlassRole);
    this.unsealers = new Named(breakGlassRole);
    this.tokenSigners = new Named(breakGlassRole);
    this.checkpointSigners = new Named(breakGlassRole);
    this.tables = new Key(this, 'Tables', {
      description: 'Countersign: encrypts the tables',
      enableKeyRotation: true,
      removalPolicy: KEPT,
    });
    this.sealing = new Key(this, 'Sealing', {
      description: 'Countersign: seals key material and mailed links',
      enableKeyRotation: true,
      removalPolicy: KEPT,
    });
    this.signing = new Key(this, 'TokenSigning', {
      description: 'Countersign: signs access tokens',
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: KEPT,
    });
    this.checkpoints = new Key(this, 'CheckpointSigning', {
      description: 'Countersign: signs checkpoints of the audit chains',
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: KEPT,
    });
    this.denyOthers();
  }

  /** All keys but the logs', for whoever watches them. */
  all(): readonly Key[] {
    return [this.tables, this.sealing, this.signing, this.checkpoints];
  }

  private denyOthers(): void {
    const deny = (key: Key, sid: string, actions: readonly string[], named: Named) =>
      key.addToResourcePolicy(new PolicyStatement(denyAllBut(named, { sid, actions })));
    deny(this.sealing, 'OnlyThoseWhoUnseal', UNSEALING, this.unsealers);
    deny(this.sealing, 'OnlyThoseWhoSeal', SEALING, this.sealers);
    deny(this.signing, 'OnlyTheApiSigns', ['kms:Sign', 'kms:CreateGrant'], this.tokenSigners);
    deny(this.checkpoints, 'OnlyTheSweeperSigns', ['kms:Sign', 'kms:CreateGrant'], this.checkpointSigners);
  }

  /** Sealing and unsealing, each only of what is named. */
  grantSealing(
    to: BackendFunction,
    { seal, unseal }: Readonly<Record<'seal' | 'unseal', readonly Sealed[]>>,
  ): void {
    to.addEnvironment('SEALING_KEY_ARN', this.sealing.keyArn);
    if (seal.length > 0) this.sealers.add(to.role);
    if (unseal.length > 0) this.unsealers.add(to.role);
    this.allow(to, 'kms:GenerateDataKey', seal);
    this.allow(to, 'kms:Decrypt', unseal);
  }

  grantTokenSigning(to: BackendFunction): void {
    to.addEnvironment('SIGNING_KEY_ARN', this.signing.keyArn);
    this.tokenSigners.add(to.role);
    allowSigning(to, this.signing);
  }

  grantCheckpointSigning(to: BackendFunction): void {
    to.addEnvironment('CHECKPOINT_KEY_ARN', this.checkpoints.keyArn);
    this.checkpointSigners.add(to.role);
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
