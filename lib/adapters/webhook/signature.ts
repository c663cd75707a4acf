import { createHmac } from 'node:crypto';
import { PermanentError } from '../../domain/errors.ts';

/** Standard Webhooks: secrets are of 24 to 64 bytes, in base64 after `whsec_`. */
const PREFIX = 'whsec_';
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/**
 * The secrets in a file, a line each; the first ones are the newest. Two at once are for changing them: every message
 * is signed with each, and a receiver takes one that it knows.
 * @throws PermanentError for a line that is no secret; it is not shown.
 */
export function parseSecrets(text: string): readonly Uint8Array[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new PermanentError('the file of the webhook secret is empty');
  return lines.map((line, i) => {
    const encoded = line.trim();
    const body = encoded.startsWith(PREFIX) ? encoded.slice(PREFIX.length) : '';
    const bytes = Buffer.from(body, 'base64');
    const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(body);
    if (!isBase64 || bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) {
      throw new PermanentError(
        `line ${i + 1} of the file of the webhook secret is none: whsec_ and ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64`,
      );
    }
    return bytes;
  });
}

/**
 * The value of `webhook-signature` (Standard Webhooks 1.0.0, "Signature scheme", symmetric): `v1,` and HMAC-SHA256 in
 * base64 over id, time and body with points between them; one for each secret, blanks between them.
 * @param timestamp in whole seconds since 1970.
 */
export const signatureOf = (
  secrets: readonly Uint8Array[],
  message: { readonly id: string; readonly timestamp: number; readonly body: string },
): string =>
  secrets
    .map((secret) => {
      const signed = `${message.id}.${message.timestamp}.${message.body}`;
      return `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`;
    })
    .join(' ');
