/**
 * Sixteen of a digest's 64 hexadecimal digits, in groups of four: enough to compare two by eye or on the telephone.
 * A decision is bound to all of them.
 */
export const shortDigest = (digest: string): string => digest.slice(0, 16).replace(/(.{4})(?=.)/g, '$1 ');
