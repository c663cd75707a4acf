import type { HonoRequest } from 'hono';
import { invalidHeader } from './bad-request.ts';
import { isReadable, textRule } from './text.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The instance that the request is about. @throws RequestProblem when the header is missing or no UUID. */
export function instanceIdOf(request: HonoRequest): string {
  const id = request.header('bluemix-instance')?.toLowerCase() ?? '';
  if (!UUID.test(id)) throw invalidHeader('bluemix-instance', 'the UUID of an instance');
  return id;
}

/** Until there are rings beside it, a request for another one must not reach a key. @throws RequestProblem */
export function checkKeyRing(request: HonoRequest): void {
  if ((request.header('x-kms-key-ring') ?? 'default') !== 'default') {
    throw invalidHeader('x-kms-key-ring', '`default`, or left out; other key rings are not supported');
  }
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
 * @throws RequestProblem when it is longer than `most`, or cannot be shown to people.
 */
export function textHeader(request: HonoRequest, name: string, most: number): string | undefined {
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
  if (digest === undefined || /^[0-9a-f]{64}$/.test(digest)) return digest;
  throw invalidHeader(name, 'the digest of the manifest, 64 hexadecimal digits');
}
