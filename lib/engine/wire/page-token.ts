import { createHmac, timingSafeEqual } from 'node:crypto';
import { WireException } from './exceptions.ts';

/** Step Functions API reference: "Each pagination token expires after 24 hours." */
const LIFETIME = 24 * 60 * 60 * 1_000;

/** What a page is a page of: a token of one question does not go on with another. */
export type Question = readonly (string | boolean | undefined)[];

export interface PageTokens {
  issue(question: Question, cursor: string): string;
  /** @throws WireException InvalidToken when it is another question's, another access key's, or a day old. */
  cursorIn(token: string, question: Question): string;
}

/** Tokens that nobody makes or changes without the key; nothing is kept, so they survive a restart. */
export function pageTokens(key: string, now: number): PageTokens {
  const sign = (body: string, question: Question) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['countersign page token v1', body, question]))
      .digest();
  return {
    issue(question, cursor) {
      const body = Buffer.from(JSON.stringify([cursor, now])).toString('base64url');
      return `${body}.${sign(body, question).toString('base64url')}`;
    },
    cursorIn(token, question) {
      const [body = '', mac = '', ...more] = token.split('.');
      const given = Buffer.from(mac, 'base64url');
      const wanted = sign(body, question);
      const genuine = given.length === wanted.length && timingSafeEqual(given, wanted);
      if (!genuine || more.length > 0) throw invalidToken();
      const [cursor, issuedAt] = JSON.parse(Buffer.from(body, 'base64url').toString());
      if (now - Number(issuedAt) >= LIFETIME) throw invalidToken();
      return String(cursor);
    },
  };
}

export const invalidToken = (): WireException =>
  new WireException('InvalidToken', "Invalid Token: 'Invalid token'");
