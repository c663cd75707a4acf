import type { HonoRequest } from 'hono';
import { isKeyRingId, KEY_RING_FORM, KEY_RING_RULE } from '../domain/key-ring.ts';
import { invalidHeader } from './bad-request.ts';
import { isReadable, textRule } from './text.ts';

/** How long what people write into a header may be, in characters: a sentence or two, a number or an address. */
const TEXT_HEADERS = {
  'x-countersign-reason': 500,
  'x-countersign-ticket': 200,
  'x-countersign-note': 500,
} as const;

const DIGEST = /^[0-9a-f]{64}$/i;

const textHeaderOf = (name: keyof typeof TEXT_HEADERS, description: string) => ({
  description,
  schema: { type: 'string', maxLength: TEXT_HEADERS[name] },
});

/** What a request can carry beside its credential and its instance, and what that is for. */
export const REQUEST_HEADERS = {
  prefer: {
    description:
      '`return=representation`: the answer holds the whole object. `return=minimal`: as little as can be',
    schema: { type: 'string' },
  },
  'x-kms-key-ring': {
    description: 'The key ring that the request keeps to. Left out: keys of every ring are found',
    schema: { type: 'string', pattern: KEY_RING_FORM.source },
  },
  'x-countersign-reason': textHeaderOf(
    'x-countersign-reason',
    'Why the key is to be deleted; whoever decides reads it',
  ),
  'x-countersign-ticket': textHeaderOf('x-countersign-ticket', 'A ticket, or its address'),
  'x-countersign-note': textHeaderOf('x-countersign-note', 'Why the request is taken back'),
  'x-countersign-manifest': {
    description: 'The digest of the manifest that was seen: another one is refused with 409',
    schema: { type: 'string', pattern: DIGEST.source.replaceAll('a-f', 'A-Fa-f') },
  },
} as const satisfies { readonly [name: string]: { readonly description: string; readonly schema: object } };

export type RequestHeader = keyof typeof REQUEST_HEADERS;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The instance that the request is about. @throws RequestProblem when the header is missing or no UUID. */
export function instanceIdOf(request: HonoRequest): string {
  const id = request.header('bluemix-instance')?.toLowerCase() ?? '';
  if (!UUID.test(id)) throw invalidHeader('bluemix-instance', 'the UUID of an instance');
  return id;
}

/** The key ring that the request keeps to; undefined when it names none. @throws RequestProblem */
export function keyRingOf(request: HonoRequest): string | undefined {
  const ring = request.header('x-kms-key-ring');
  if (ring === undefined || isKeyRingId(ring)) return ring;
  throw invalidHeader('x-kms-key-ring', `the id of a key ring: ${KEY_RING_RULE}`);
}

/** Whether the caller prefers the whole object in the answer (RFC 7240; the first `return` preference counts). */
export function prefersRepresentation(request: HonoRequest): boolean {
  const preferences = (request.header('prefer') ?? '').toLowerCase().split(/[,;]/);
  const wanted = preferences.map((preference) => preference.trim()).find((p) => p.startsWith('return='));
  return wanted?.replaceAll('"', '') === 'return=representation';
}

/**
 * What a person wrote into a header, or undefined. Headers carry bytes: those of UTF-8 are read as such, and the
 * form of RFC 8187 (`UTF-8''caf%C3%A9`) is understood for clients that can only send ASCII.
 * @throws RequestProblem when it is longer than the table allows, or cannot be shown to people.
 */
export function textHeader(request: HonoRequest, name: keyof typeof TEXT_HEADERS): string | undefined {
  const most = TEXT_HEADERS[name];
  const value = request.header(name)?.trim();
  if (value === undefined || value === '') return undefined;
  const text = decodedHeader(value);
  if (text === undefined || text.length > most || !isReadable(text)) {
    throw invalidHeader(name, textRule(1, most));
  }
  return text;
}

function decodedHeader(value: string): string | undefined {
  const [, encoded] = /^utf-8'[\w-]*'(.*)$/i.exec(value) ?? [];
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded);
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return encoded === undefined ? value : undefined;
  }
}

/** The SHA-256 of the manifest that the caller saw, or undefined. @throws RequestProblem */
export function manifestDigestOf(request: HonoRequest): string | undefined {
  const name = 'x-countersign-manifest';
  const digest = request.header(name)?.trim().toLowerCase();
  if (digest === undefined || DIGEST.test(digest)) return digest;
  throw invalidHeader(name, 'the digest of the manifest, 64 hexadecimal digits');
}
