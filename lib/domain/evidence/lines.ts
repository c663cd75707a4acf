import type { AuditEvent } from '../audit.ts';
import type { Head, TreePath } from '../checkpoint.ts';
import type { PersonId } from '../person.ts';
import type { EpochMillis } from '../time.ts';

/** The version of the file's format (docs/evidence.md). */
export const EVIDENCE_VERSION = 1;

/** The JWS header's `typ` of a seal. */
export const SEAL_TYPE = 'countersign-seal+jws';

/** Where the last part of a file ends. */
export const END = 'end';

/** What was asked for: one key, one authorization (with its key's whole chain), or a time; nothing: everything. */
export interface EvidenceFilter {
  readonly key?: string;
  readonly authorization?: string;
  /** The events from this time on. */
  readonly from?: EpochMillis;
  /** The events before this time. */
  readonly to?: EpochMillis;
}

/** A public key as a JWK: its members are texts. */
export type Jwk = { readonly [name: string]: string };

/** What a public key is for: `checkpoints` are signed by one that the API does not have, parts of a file by the API. */
export type KeyUse = 'checkpoints' | 'exports';

export interface HeaderLine {
  readonly type: 'evidence';
  /** {@link EVIDENCE_VERSION}; another is of a format that is not known here. */
  readonly version: number;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly exportId: string;
  readonly exportedAt: EpochMillis;
  readonly exportedBy: PersonId;
  readonly filter: EvidenceFilter;
}

export interface PublicKeyLine {
  readonly type: 'public-key';
  readonly use: KeyUse;
  readonly jwk: Jwk;
}

/** Who is behind an id: the e-mail address, or the name of a service. */
export interface PersonLine {
  readonly type: 'person';
  readonly id: PersonId;
  readonly name: string;
}

/** A head of a checkpoint; with the way to the root where the other heads are left out. */
export type CoveredHead = Head & { readonly path?: TreePath };

export interface CheckpointLine {
  readonly type: 'checkpoint';
  readonly jws: string;
  readonly heads: readonly CoveredHead[];
}

/** The beginning of a chain: its events come next. */
export interface ChainLine {
  readonly type: 'chain';
  readonly chain: string;
  readonly name: string;
  /** False: the events of some time alone, without those before and after. */
  readonly complete: boolean;
  /** The newest event of the chain when this was read. */
  readonly sequence: number;
  readonly hash: string;
}

export interface EventLine {
  readonly type: 'event';
  readonly chain: string;
  readonly event: AuditEvent;
}

/** What the server says of an authorization, beside the chain: the manifest that its events name by digest. */
export interface AuthorizationLine {
  readonly type: 'authorization';
  readonly chain: string;
  readonly authorization: { readonly [name: string]: unknown };
}

/** What else the server says: `record` is what its history shows. */
export interface RecordLine {
  readonly type: 'mail' | 'opening' | 'execution';
  readonly chain: string;
  readonly record: object;
}

export interface SealLine {
  readonly type: 'seal';
  readonly jws: string;
}

export type EvidenceLine =
  | HeaderLine
  | PublicKeyLine
  | PersonLine
  | CheckpointLine
  | ChainLine
  | EventLine
  | AuthorizationLine
  | RecordLine
  | SealLine;

/** What is signed at the end of each part: one answer of the server. */
export interface SealPayload {
  readonly instanceId: string;
  readonly exportId: string;
  /** 1 for the first. */
  readonly part: number;
  /** Where it begins and ends: the next part begins where this one ends, and the last ends at `end`. */
  readonly from: string;
  readonly to: string;
  readonly filter: EvidenceFilter;
  readonly at: EpochMillis;
  /** How many lines it has without this one, and their digest: {@link nextDigest} of one after the other. */
  readonly lines: number;
  readonly digest: string;
}

/** The digest of some lines and one more; empty before the first. */
export const nextDigest = (before: string, line: string, digest: (text: string) => string): string =>
  digest(`${before}\n${line}`);
