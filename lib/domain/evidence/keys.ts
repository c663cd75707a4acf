import type { Jwk, KeyUse, PublicKeyLine } from './lines.ts';
import type { Report } from './report.ts';
import type { EvidenceCrypto } from './signed.ts';

/** Public keys that were handed over apart from the file: the only ones that count then. Without a use: for both. */
export type Pinned = readonly { readonly use?: KeyUse; readonly jwk: Jwk }[];

/** The keys that count, by their thumbprints. */
export type Keys = { readonly [use in KeyUse]: ReadonlyMap<string, Jwk> };

/** Those that were handed over or, without any, those of the file, as they are read. */
export function keyring(
  report: Report,
  crypto: EvidenceCrypto,
  pinned?: Pinned,
): Keys & { readonly take: (line: PublicKeyLine, at: number) => void } {
  const keys = { checkpoints: new Map<string, Jwk>(), exports: new Map<string, Jwk>() };
  for (const { use, jwk } of pinned ?? []) {
    const thumbprint = crypto.thumbprint(jwk);
    if (thumbprint === undefined) continue;
    if (use !== 'exports') keys.checkpoints.set(thumbprint, jwk);
    if (use !== 'checkpoints') keys.exports.set(thumbprint, jwk);
  }
  return {
    ...keys,
    take({ use, jwk }, at) {
      const thumbprint = crypto.thumbprint(jwk);
      const known = use === 'checkpoints' || use === 'exports';
      if (thumbprint === undefined || thumbprint !== jwk.kid || !known) {
        report(at, 'the public key is not the one it is called');
      } else if (pinned === undefined) {
        keys[use].set(thumbprint, jwk);
      }
    },
  };
}
