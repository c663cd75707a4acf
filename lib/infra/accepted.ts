import { Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Notes, beside a construct, which findings of cdk-nag's packs are accepted for it and what is in it, each with the
 * reason that a reviewer is given. `test/infra/nag.test.ts` finds every other one, and every reason that nothing needs.
 */
export function accept(construct: Construct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

export const INLINE_POLICY =
  'A policy belongs to one role and is made, changed and deleted with it. A managed policy could be attached to another principal, which is the side door that the table of who may do what would not show.';
