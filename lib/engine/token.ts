import { createHmac, timingSafeEqual } from 'node:crypto';

/** Finds task tokens in a text, to take them out before the text is shown. */
export const TASK_TOKEN = /CSTT[A-Za-z0-9_-]{36}/g;

const PREFIX = 'CSTT';
const WHOLE = /^CSTT[A-Za-z0-9_-]{36}$/;
const ID_BYTES = 6;
const EVENT_BYTES = 4;
const MAC_BYTES = 17; // 136 bits, which fills 36 characters of base64url

/** What a task token names: the execution's row and the event that scheduled the attempt. */
export interface TokenSubject {
  readonly execution: number;
  readonly scheduledEvent: number;
}

/**
 * A task token says what it is for and proves that this engine made it, so that no table of tokens is needed and a
 * task that is called again after a crash gets the same token (invariant 4).
 */
export function taskToken(key: string, name: string, subject: TokenSubject): string {
  const body = Buffer.alloc(ID_BYTES + EVENT_BYTES);
  body.writeUIntBE(subject.execution, 0, ID_BYTES);
  body.writeUInt32BE(subject.scheduledEvent, ID_BYTES);
  const mac = createHmac('sha256', key).update(body).update(name).digest().subarray(0, MAC_BYTES);
  return PREFIX + Buffer.concat([body, mac]).toString('base64url');
}

/** What a token is for, without proof; `undefined` when it has not a token's form. */
export function readToken(token: string): TokenSubject | undefined {
  if (!WHOLE.test(token)) return undefined;
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
  return { execution: bytes.readUIntBE(0, ID_BYTES), scheduledEvent: bytes.readUInt32BE(ID_BYTES) };
}

/** Whether two tokens are the same, found out in a time that does not tell where they differ. Both have a token's form. */
export const isSame = (token: string, genuine: string): boolean =>
  timingSafeEqual(Buffer.from(token), Buffer.from(genuine));
