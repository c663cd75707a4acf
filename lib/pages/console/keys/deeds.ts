import * as z from 'zod';
import { mayCall } from '../../../domain/access.ts';
import { mayRestore } from '../../../domain/destruction.ts';
import { DESTROYED, type Key, needsTwoPeople } from '../../../domain/key.ts';
import { disable, enable } from '../../../domain/lifecycle.ts';
import type { Person } from '../../../domain/person.ts';
import type { Decision } from '../../../domain/refusal.ts';
import { mayRotate } from '../../../domain/rotation.ts';
import type { EpochMillis } from '../../../domain/time.ts';
import { actOnKey } from '../../../operations/key-lifecycle.ts';
import { putKeyPolicies } from '../../../operations/policies.ts';
import { restoreKey } from '../../../operations/restore-key.ts';
import { rotateKey } from '../../../operations/rotate-key.ts';
import { readForm } from '../form.ts';
import { notForYou } from '../messages.ts';
import type { Notice } from '../notices.ts';
import { type Answer, type ConsolePage, consolePage, seeOther, type Visit } from '../page.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';

export type Deed = 'enable' | 'disable' | 'rotate' | 'restore' | 'need two people';

/** What whoever is there could do to the key at this moment, beside its deletion. The operations decide. */
export function deedsOpen(person: Person, key: Key, now: EpochMillis): readonly Deed[] {
  const may = (deed: Deed, operation: Parameters<typeof mayCall>[1], open: boolean): readonly Deed[] =>
    open && mayCall(person, operation, key) ? [deed] : [];
  const onTime = (decision: Decision<unknown>) => decision.ok || decision.refusal.code === 'too-early';
  return [
    ...may('rotate', 'rotateKey', mayRotate(key, { brings: false }, now).ok),
    ...may('disable', 'disableKey', disable(key, now).ok),
    ...may('enable', 'enableKey', onTime(enable(key, now))),
    ...may('restore', 'restoreKey', onTime(mayRestore(key, now))),
    ...may('need two people', 'writePolicies', key.state !== DESTROYED && !needsTwoPeople(key)),
  ];
}

/** Told on the key's page when it is done; else the refusal in words. */
async function done(visit: Visit, notice: Notice, doing: Promise<Decision<unknown>>): Promise<Answer> {
  const decision = await doing;
  const back = paths.key(visit.param('keyId'));
  if (decision.ok) return seeOther(back, notice);
  if (decision.refusal.code === 'access-denied') return notForYou(visit);
  return refusedPage(visit, decision.refusal, { path: back, label: 'Back to the key' });
}

const SURE = z.object({ sure: z.literal('true', 'Tick the box: it cannot be taken back') });

/** Forms of one button. */
export const DEED_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'POST',
    path: PATTERNS.enableKey,
    who: 'enableKey',
    handle: (visit) =>
      done(visit, 'key-enabled', actOnKey(visit.context, visit.caller, 'enable', visit.param('keyId'))),
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.disableKey,
    who: 'disableKey',
    handle: (visit) =>
      done(visit, 'key-disabled', actOnKey(visit.context, visit.caller, 'disable', visit.param('keyId'))),
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.rotateKey,
    who: 'rotateKey',
    handle: (visit) =>
      done(
        visit,
        'key-rotated',
        rotateKey(visit.context, visit.caller, visit.param('keyId'), { imported: undefined }),
      ),
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.restoreKey,
    who: 'restoreKey',
    handle: (visit) =>
      done(visit, 'key-restored', restoreKey(visit.context, visit.caller, visit.param('keyId'))),
  }),
];

/** Whether the box was ticked without which an irrevocable policy is not set; else what is wrong. */
export function sureOf(visit: Visit): string | undefined {
  const read = readForm(visit, SURE);
  return read.ok ? undefined : (read.errors.sure ?? 'The form was not complete');
}

export const needTwoPeople = (visit: Visit): Promise<Answer> =>
  done(
    visit,
    'two-people-needed',
    putKeyPolicies(visit.context, visit.caller, visit.param('keyId'), { dualAuthDelete: true }),
  );
