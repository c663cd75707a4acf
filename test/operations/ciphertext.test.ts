import { describe, expect, test } from 'vitest';
import { decrypt, encrypt, open, seal, versionOf } from '../../lib/operations/ciphertext.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** McGrew and Viega, "The Galois/Counter Mode of Operation", submitted to NIST: test cases 4, 10 and 16. */
const KEY = 'feffe9928665731c6d6a8f9467308308';
const IV = hex('cafebabefacedbaddecaf888');
const AAD = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
const PLAINTEXT = hex(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
);
const VECTORS = [
  {
    bits: 128,
    key: KEY,
    ciphertext:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    bits: 192,
    key: `${KEY}feffe9928665731c`,
    ciphertext:
      '3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710',
    tag: '2519498e80f1478f37ba55bd6d27618c',
  },
  {
    bits: 256,
    key: `${KEY}${KEY}`,
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
];

describe('the cipher that wraps', () => {
  test.each(VECTORS)(
    'is AES-$bits-GCM, by the vectors that were given to NIST',
    ({ key, ciphertext, tag }) => {
      const sealed = hex(ciphertext + tag);
      expect(encrypt(hex(key), PLAINTEXT, { iv: IV, aad: AAD })).toEqual(sealed);
      expect(decrypt(hex(key), sealed, { iv: IV, aad: AAD })).toEqual(PLAINTEXT);
    },
  );

  test('opens nothing of which one bit is another', () => {
    const material = hex(KEY);
    const sealed = encrypt(material, PLAINTEXT, { iv: IV, aad: AAD });
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decrypt(material, changed, { iv: IV, aad: AAD })).toBeUndefined();
    }
    expect(decrypt(material, sealed.subarray(0, 15), { iv: IV, aad: AAD })).toBeUndefined();
  });
});

describe('a ciphertext', () => {
  const material = hex(KEY);
  const binding = { versionId: 'v1', aad: ['a', 'b'] };

  test('says by which version it was wrapped, and is another each time', () => {
    const one = seal(material, PLAINTEXT, binding);
    expect(versionOf(one)).toBe('v1');
    expect(one).not.toBe(seal(material, PLAINTEXT, binding));
    expect(open(material, one, binding)).toEqual(PLAINTEXT);
  });

  test('is bound to its version and to the authenticated texts, one by one and in their order', () => {
    const sealed = seal(material, PLAINTEXT, binding);
    for (const other of [
      { versionId: 'v2', aad: ['a', 'b'] },
      { versionId: 'v1', aad: ['b', 'a'] },
      { versionId: 'v1', aad: ['ab'] },
      { versionId: 'v1', aad: [] },
    ]) {
      expect(open(material, sealed, other)).toBeUndefined();
    }
  });
});
