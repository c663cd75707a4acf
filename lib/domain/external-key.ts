import { canonicalJson } from './canonical.ts';
import type { EpochMillis } from './time.ts';

/** What keeps keys elsewhere: AWS KMS, or another installation that speaks Key Protect's API. */
export type ProviderKind = 'aws-kms' | 'key-protect';

/** How a key of ours stands for one that lives elsewhere. None of it changes: another key is another adoption. */
export interface External {
  readonly provider: ProviderKind;
  /** By which name this installation knows the provider: `aws-kms`, or the one in its configuration of remotes. */
  readonly providerName: string;
  /** Which key it is there: an ARN of AWS KMS, an id of Key Protect. */
  readonly reference: string;
  /** AWS KMS: how many days it waits before it deletes the material. */
  readonly pendingWindowDays?: number;
}

/** What AWS KMS takes as a pending window, in days (ScheduleKeyDeletion). */
export const LEAST_PENDING_DAYS = 7;
export const MOST_PENDING_DAYS = 30;

export const isPendingWindow = (days: number): boolean =>
  Number.isInteger(days) && days >= LEAST_PENDING_DAYS && days <= MOST_PENDING_DAYS;

/** A key of AWS KMS by its ARN, in any partition; an alias could be moved to another key. */
const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/;

export const isKmsKeyArn = (text: string): boolean => KMS_KEY_ARN.test(text);

/** What a text must be to name a key at the provider, in words. */
export const REFERENCE_RULES = {
  'aws-kms': 'the ARN of a key, arn:aws:kms:<region>:<account>:key/<id>',
  'key-protect': 'the id of a key, a UUID',
} as const satisfies { readonly [kind in ProviderKind]: string };

const KEY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isReference = (kind: ProviderKind, text: string): boolean =>
  kind === 'aws-kms' ? isKmsKeyArn(text) : KEY_ID.test(text);

/** When the key was last used there, as far as the provider knows. */
export type LastUse =
  | { readonly known: 'used'; readonly at: string; readonly operation?: string }
  | { readonly known: 'never' }
  /** `since`: it was not used since then, and nobody recorded what was before. */
  | { readonly known: 'not known'; readonly since?: string };

/** How many users of the key a manifest lists. */
export const MOST_USERS_LISTED = 100;

/** Who has a grant on the key (AWS KMS), or which resources are registered with it (Key Protect). */
export interface Users {
  readonly total: number;
  /** The first hundred, sorted. */
  readonly listed: readonly string[];
  /** SHA-256 of all of them; absent when all are listed. */
  readonly sha256?: string;
  /** How many of them have a retention policy there (Key Protect). */
  readonly retained?: number;
}

/** The key as its provider has it, as a manifest shows it. */
export interface ExternalFacts {
  readonly provider: ProviderKind;
  readonly providerName: string;
  readonly reference: string;
  /** In the provider's own word: `Enabled`, `PendingDeletion`, `Active`. */
  readonly state: string;
  readonly name?: string;
  readonly region?: string;
  readonly aliases: readonly string[];
  readonly users: Users;
  /** AWS KMS: ARNs of the replicas of a multi-Region primary key. */
  readonly replicas?: readonly string[];
  /** AWS KMS: where its material comes from, and what it is for: `AWS_KMS`, `EXTERNAL`, `SYMMETRIC_DEFAULT`. */
  readonly origin?: string;
  readonly spec?: string;
  /** Key Protect: its newest version there. */
  readonly version?: string;
  readonly lastUse: LastUse;
  readonly pendingWindowDays?: number;
}

/** @param digest SHA-256 of a text, in hexadecimal. */
export function usersOf(all: readonly string[], digest: (text: string) => string, retained?: number): Users {
  const distinct = [...new Set(all)].sort();
  return {
    total: distinct.length,
    listed: distinct.slice(0, MOST_USERS_LISTED),
    ...(distinct.length > MOST_USERS_LISTED && { sha256: digest(canonicalJson(distinct)) }),
    ...(retained !== undefined && retained > 0 && { retained }),
  };
}

/**
 * The part of it that would be lost, which is what people agree to: which key, who uses it, by which names it is found,
 * and its replicas. Not its state there, which operators change to find out who still uses it, and not its last use,
 * which moves by itself: see {@link isUsedSince}.
 */
export const lossOfExternal = ({
  provider,
  providerName,
  reference,
  aliases,
  users,
  replicas,
  version,
}: ExternalFacts) => ({
  provider,
  providerName,
  reference,
  aliases,
  users: { total: users.total, listed: users.listed, sha256: users.sha256, retained: users.retained },
  replicas,
  version,
});

/** Whether a key that was never used when people were shown it has been used since. */
export const isUsedSince = (before: ExternalFacts | undefined, after: ExternalFacts | undefined): boolean =>
  before?.lastUse.known === 'never' && after?.lastUse.known === 'used';

/** How what would be lost there differs, a line each. */
export function externalDifferences(
  before: ExternalFacts | undefined,
  after: ExternalFacts | undefined,
): readonly string[] {
  if (before === undefined || after === undefined) return [];
  return [
    ...listDifferences('alias', before.aliases, after.aliases),
    ...listDifferences('replica', before.replicas ?? [], after.replicas ?? []),
    ...listDifferences('user', before.users.listed, after.users.listed),
    ...(before.users.total !== after.users.total || before.users.sha256 !== after.users.sha256
      ? [`${after.users.total} users of the key there; before it was ${before.users.total}`]
      : []),
    ...(before.users.retained !== after.users.retained
      ? [
          `${after.users.retained ?? 0} of them have a retention policy; before it was ${before.users.retained ?? 0}`,
        ]
      : []),
    ...(before.version !== after.version
      ? [`its newest version there is ${after.version ?? 'unknown'}`]
      : []),
    ...(isUsedSince(before, after) ? ['it was never used there, and has been used since'] : []),
  ];
}

const listDifferences = (
  what: string,
  before: readonly string[],
  after: readonly string[],
): readonly string[] => [
  ...after.filter((one) => !before.includes(one)).map((one) => `${what} ${one} was added there`),
  ...before.filter((one) => !after.includes(one)).map((one) => `${what} ${one} is gone there`),
];

/** What is sure about a key at its provider. */
export type StatusThere =
  | { readonly status: 'alive'; readonly state: string }
  /** The provider deletes it at this time by itself; until then the deletion can be cancelled there. */
  | { readonly status: 'pending deletion'; readonly deletionAt?: EpochMillis }
  | { readonly status: 'gone' }
  /** The provider says neither: it does not let us ask. */
  | { readonly status: 'not known'; readonly why: string };

/** How people know a provider: `AWS KMS`, `Key Protect "name"`. */
export const sayProvider = ({
  provider,
  providerName,
}: Pick<External, 'provider' | 'providerName'>): string =>
  provider === 'aws-kms' ? 'AWS KMS' : `Key Protect "${providerName}"`;

/** Why resources that are registered with the key at a Key Protect keep it from being deleted: as they do here. */
export function whyProtectedThere(
  external: ExternalFacts | undefined,
  force: boolean | undefined,
): 'retention-found' | 'resources-protected' | undefined {
  if (external?.provider !== 'key-protect') return undefined;
  if ((external.users.retained ?? 0) > 0) return 'retention-found';
  return external.users.total > 0 && force !== true ? 'resources-protected' : undefined;
}
