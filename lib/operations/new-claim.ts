import { randomBytes, randomUUID } from 'node:crypto';
import { displayNameOf, type Person } from '../domain/person.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { peopleMail } from './people-mails.ts';
import { CLAIM_VALIDITY, type Claim, claimItem } from './records/claim.ts';
import { mailContext } from './records/mail.ts';

/**
 * A link for the person to claim an API key with: the person who has it, and the writes of its mail. Whatever link they
 * had before is dead with the write of the person.
 */
export async function newClaim(
  { sealer }: Pick<Context, 'sealer'>,
  { person, by }: { readonly person: Person; readonly by: Person },
  now: EpochMillis,
): Promise<{ readonly person: Person; readonly writes: readonly Write[] }> {
  const { instanceId, id: personId, email: to } = person;
  const token = randomBytes(32).toString('base64url');
  const hash = sha256(token);
  const expiresAt = now + CLAIM_VALIDITY;
  const claim: Claim = { hash, instanceId, personId, createdAt: now, expiresAt, sentBy: by.id };
  const id = randomUUID();
  const sealedToken = await sealer.seal(Buffer.from(token), mailContext({ id }));
  const facts = { person: displayNameOf(person), by: displayNameOf(by), at: now, until: expiresAt };
  const mail = { instanceId, personId, to, template: 'api-key-link', facts, id, sealedToken } as const;
  return {
    person: { ...person, claim: hash },
    writes: [{ put: claimItem(claim), when: [{ item: 'absent' }] }, peopleMail(mail, now)],
  };
}
