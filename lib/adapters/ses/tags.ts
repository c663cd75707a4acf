import type { MessageTag } from '@aws-sdk/client-sesv2';
import type { SendingAttempt } from '../../domain/bounce.ts';

/**
 * The message tags by which SES's events name a mail. Nobody but SES and who reads its events sees them. Of a tag's value
 * SES takes 256 characters of `A-Z a-z 0-9 _ -` (API reference v2, MessageTag): ids fit as they are.
 */
export function tagsOf({ instanceId, mailId, attempt, about }: SendingAttempt): MessageTag[] {
  const tags = {
    instance: instanceId,
    mail: mailId,
    attempt: String(attempt),
    ...(about !== undefined && { key: about.keyId, authorization: about.authorizationId }),
  };
  return Object.entries(tags).map(([Name, Value]) => ({ Name, Value }));
}

/** The attempt that an event's tags name; undefined where they name none: an earlier version sent the mail. */
export function attemptIn(tags: {
  readonly [name: string]: readonly string[] | undefined;
}): SendingAttempt | undefined {
  const [instanceId, mailId, attempt, keyId, authorizationId] = [
    tags.instance,
    tags.mail,
    tags.attempt,
    tags.key,
    tags.authorization,
  ].map((values) => values?.[0]);
  if (instanceId === undefined || mailId === undefined || attempt === undefined) return undefined;
  const about = keyId === undefined || authorizationId === undefined ? undefined : { keyId, authorizationId };
  return { instanceId, mailId, attempt: Number(attempt), ...(about !== undefined && { about }) };
}
