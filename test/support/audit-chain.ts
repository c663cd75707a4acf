import type { AuditEvent } from '../../lib/domain/audit.ts';
import { canonicalJson } from '../../lib/domain/canonical.ts';

/** The number of the first event that does not continue its chain, or undefined when all do. */
export function firstBrokenLink(
  events: readonly AuditEvent[],
  digest: (text: string) => string,
): number | undefined {
  let previousHash = '';
  let sequence = 0;
  for (const { hash, ...unsigned } of events) {
    sequence += 1;
    const continues = unsigned.sequence === sequence && unsigned.previousHash === previousHash;
    if (!continues || hash !== digest(canonicalJson(unsigned))) return sequence;
    previousHash = hash;
  }
  return undefined;
}
