import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../domain/canonical.ts';

/** What a wrapped data key is made of. Base64 of its JSON is what callers keep (Key Protect's form, 4.0.0). */
interface Wrapped {
  readonly ciphertext: string;
  readonly iv: string;
  readonly version: string;
  readonly handle: string;
}

const VERSION = '4.0.0';
/** NIST SP 800-38D: a 96-bit IV and a 128-bit tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The key version that wrapped, and additional authenticated data: the same must be given to unwrap. */
export interface Binding {
  readonly versionId: string;
  readonly aad: readonly string[];
}

/** AES-GCM under a key's material. @returns base64, opaque to callers. */
export function seal(material: Uint8Array, plaintext: Uint8Array, binding: Binding): string {
  const iv = randomBytes(IV_BYTES);
  const wrapped: Wrapped = {
    ciphertext: encrypt(material, plaintext, { iv, aad: authenticated(binding) }).toString('base64'),
    iv: iv.toString('base64'),
    version: VERSION,
    handle: binding.versionId,
  };
  return Buffer.from(JSON.stringify(wrapped)).toString('base64');
}

/** The version that a ciphertext says it was wrapped by; undefined for what is no ciphertext of ours. */
export function versionOf(ciphertext: string): string | undefined {
  return parse(ciphertext)?.handle;
}

/** The plaintext; undefined when it was not sealed by this material, was changed, or other data was authenticated. */
export function open(material: Uint8Array, ciphertext: string, binding: Binding): Uint8Array | undefined {
  const wrapped = parse(ciphertext);
  if (wrapped === undefined) return undefined;
  const iv = Buffer.from(wrapped.iv, 'base64');
  if (iv.length !== IV_BYTES) return undefined;
  return decrypt(material, Buffer.from(wrapped.ciphertext, 'base64'), { iv, aad: authenticated(binding) });
}

/** What goes into AES-GCM beside key and text. The same IV never comes twice under one key. */
interface Parameters {
  /** 12 bytes. */
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
}

/** AES-128, -192 or -256-GCM, by the length of the material. @returns the ciphertext and its tag. */
export function encrypt(material: Uint8Array, plaintext: Uint8Array, { iv, aad }: Parameters): Buffer {
  const cipher = createCipheriv(algorithm(material), material, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The other way round; undefined when the tag does not match. */
export function decrypt(
  material: Uint8Array,
  sealed: Uint8Array,
  { iv, aad }: Parameters,
): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(algorithm(material), material, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    // Whatever the reason is, the caller learns no more than that.
    return undefined;
  }
}

const algorithm = (material: Uint8Array) =>
  (({ 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' }) as const)[material.length as 16 | 24 | 32];

const authenticated = ({ versionId, aad }: Binding): Buffer =>
  Buffer.from(canonicalJson([versionId, ...aad]));

function parse(ciphertext: string): Wrapped | undefined {
  try {
    const wrapped: unknown = JSON.parse(Buffer.from(ciphertext, 'base64').toString());
    return isWrapped(wrapped) ? wrapped : undefined;
  } catch {
    return undefined;
  }
}

function isWrapped(value: unknown): value is Wrapped {
  if (typeof value !== 'object' || value === null) return false;
  const { ciphertext, iv, version, handle } = value as Partial<Record<string, unknown>>;
  return (
    typeof ciphertext === 'string' &&
    typeof iv === 'string' &&
    version === VERSION &&
    typeof handle === 'string'
  );
}
