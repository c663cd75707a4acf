import type { Instance } from './instance.ts';
import type { PersonId } from './person.ts';
import type { RefusalCode } from './refusal.ts';

/** What somebody does on the page behind a link: two ways to stop a deletion, and one to let it go on. */
export type Choice = 'approve' | 'deny' | 'unexpected';

/** The API key that came with the form, and whose it is; `undefined` for one that is nobody's. */
export interface SentCredential {
  readonly personId: PersonId | undefined;
}

/**
 * Why a decision by link is not taken, as far as the credential goes. The link alone decides, unless the instance asks
 * for more with an approval; denying never needs more. A credential that is sent must be the link's person's own:
 * a link that another person uses has gone astray.
 */
export function whyNotByLink(
  link: { readonly personId: PersonId; readonly instance: Pick<Instance, 'approvalNeedsCredential'> },
  choice: Choice,
  credential: SentCredential | undefined,
): Extract<RefusalCode, 'credential-needed' | 'other-person'> | undefined {
  if (credential === undefined) {
    const needed = choice === 'approve' && link.instance.approvalNeedsCredential === true;
    return needed ? 'credential-needed' : undefined;
  }
  if (credential.personId === undefined) return 'credential-needed';
  return credential.personId === link.personId ? undefined : 'other-person';
}
