import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * From here on every id of this process comes from a count: pictures of the same pages are the same then. Secrets come
 * from `randomBytes`, and stay as they are; no picture shows one.
 */
export function sameIds(): void {
  let count = 0;
  crypto.randomUUID = () => {
    count += 1;
    const hex = createHash('sha256').update(`screenshot ${count}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
  syncBuiltinESMExports();
}
