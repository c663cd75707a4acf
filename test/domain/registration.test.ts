import { describe, expect, it } from 'vitest';
import { approve } from '../../lib/domain/approval.ts';
import { DEACTIVATED, DESTROYED, type Key, SUSPENDED } from '../../lib/domain/key.ts';
import { carryOut } from '../../lib/domain/outcome.ts';
import {
  afterRegistration,
  MOST_REGISTRATIONS,
  mayChangeRegistrations,
  mayRegister,
  merge,
  type RegistrationInput,
  register,
} from '../../lib/domain/registration.ts';
import { requestSoleDeletion } from '../../lib/domain/request.ts';
import { crnOf, registration } from './registrations.ts';
import { ASKED, alice, authorization, key, policy, REAUTHORIZATION_WINDOW, wendy } from './samples.ts';

const codeOf = (decision: { readonly ok: boolean; readonly refusal?: { readonly code: string } }) =>
  decision.ok ? 'accepted' : decision.refusal?.code;

describe('resources are registered', () => {
  it.each<[string, string, Partial<Key>]>([
    ['accepted', 'an active root key', {}],
    ['registration-not-root', 'a standard key', { extractable: true }],
    ['registration-key-state', 'a suspended key', { state: SUSPENDED }],
    ['registration-key-state', 'a deactivated key', { state: DEACTIVATED }],
    ['registration-key-state', 'a destroyed key', { state: DESTROYED }],
  ])('%s: with %s', (expected, _, change) => expect(codeOf(mayRegister(key(change)))).toBe(expected));

  it('and changed as long as the key is not destroyed, so that a retention is never hidden', () => {
    expect(codeOf(mayChangeRegistrations(key({ state: SUSPENDED })))).toBe('accepted');
    expect(codeOf(mayChangeRegistrations(key({ state: DEACTIVATED })))).toBe('accepted');
    expect(codeOf(mayChangeRegistrations(key({ state: DESTROYED })))).toBe('registration-key-state');
  });

  const registering = { key: key(), resourceCrn: crnOf('a'), by: 'countersign|storage', now: ASKED };
  const told: RegistrationInput = { description: 'bills' };

  it('with the newest version of the key, or with the one that is named', () => {
    const versions = [
      { id: 'v2', createdAt: 2 },
      { id: 'v1', createdAt: 1 },
    ];
    const rotated = { ...registering, key: key({ versions }) };
    expect(register(rotated, told, undefined)).toMatchObject({ value: { keyVersion: { id: 'v2' } } });
    const named = { ...told, keyVersionId: 'v1' };
    expect(register(rotated, named, undefined)).toMatchObject({ value: { keyVersion: { id: 'v1' } } });
    for (const decide of [register, merge]) {
      const unknown = decide(rotated, { keyVersionId: 'v3' }, registration('a'));
      expect(codeOf(unknown)).toBe('key-version-unknown');
    }
  });

  it('anew: what is not told any more is forgotten, who registered it first is not', () => {
    const before = registration('a', {
      preventKeyDeletion: true,
      description: 'old',
      registrationMetadata: 'x',
    });
    const after = register(registering, {}, before);
    expect(after).toMatchObject({ value: { createdAt: before.createdAt, preventKeyDeletion: false } });
    expect(after.ok && Object.keys(after.value)).not.toContain('description');
    const added = merge(registering, { description: 'new' }, before);
    expect(added).toMatchObject({
      value: { description: 'new', preventKeyDeletion: true, registrationMetadata: 'x', updatedAt: ASKED },
    });
  });

  it('up to a limit, at which what is registered can still be changed', () => {
    const full = { ...registering, key: key({ registrationCount: MOST_REGISTRATIONS }) };
    expect(codeOf(register(full, told, undefined))).toBe('too-many-registrations');
    expect(codeOf(register(full, told, registration('a')))).toBe('accepted');
  });
});

describe('a change of a registration', () => {
  const plain = registration('a');
  const retained = registration('a', { preventKeyDeletion: true });
  it.each([
    ['registering', undefined, plain, [1, 0], true],
    ['registering with a retention', undefined, retained, [1, 1], true],
    ['a new retention', plain, retained, [0, 1], true],
    ['the end of a retention', retained, plain, [0, -1], true],
    ['unregistering', retained, undefined, [-1, -1], true],
    ['another description', plain, { ...plain, description: 'x' }, [0, 0], false],
    ['another version', plain, { ...plain, keyVersion: { id: 'v2', createdAt: 2 } }, [0, 0], false],
  ])(
    '%s counts, and is a loss of its own where it is one',
    (_, before, after, [more = 0, held = 0], loss) => {
      const used = key({ registrationCount: 4, retentionCount: 2, lossVersion: 7 });
      expect(afterRegistration(used, before, after)).toEqual({
        registrationCount: 4 + more,
        retentionCount: 2 + held,
        lossVersion: loss ? 8 : 7,
      });
    },
  );
});

describe('a key that resources use', () => {
  const used = key({ registrationCount: 2 });
  const retained = key({ registrationCount: 2, retentionCount: 1 });
  const approval = (of: Key, force?: boolean) =>
    approve(
      { key: of, authorization: authorization('pending') },
      {
        approver: alice,
        requester: wendy,
        round: 1,
        decidedThrough: 'api',
        ...(force !== undefined && { force }),
      },
      ASKED + 1,
    );

  it('is approved by force alone, which is kept with the approval; a retention is never lifted', () => {
    expect(codeOf(approval(used))).toBe('resources-protected');
    expect(codeOf(approval(used, false))).toBe('resources-protected');
    expect(approval(used, true)).toMatchObject({ ok: true, value: { status: 'approved', force: true } });
    expect(codeOf(approval(retained))).toBe('retention-found');
    expect(codeOf(approval(retained, true))).toBe('retention-found');
    expect(approval(key())).not.toHaveProperty('value.force');
  });

  it('is told of only after everything that two people need', () => {
    const drifted = key({ registrationCount: 1, lossVersion: 2 });
    expect(codeOf(approval(drifted))).toBe('loss-changed');
  });

  it('is deleted by one person under the same conditions', () => {
    const alone = (of: Key, force: boolean) =>
      requestSoleDeletion({
        key: { ...of, dualAuthDelete: policy(false) },
        current: undefined,
        requester: alice,
        force,
      });
    expect(codeOf(alone(used, false))).toBe('resources-protected');
    expect(codeOf(alone(used, true))).toBe('accepted');
    expect(codeOf(alone(retained, true))).toBe('retention-found');
  });

  const carriedOut = (of: Key, force?: true) =>
    carryOut(
      { key: of, authorization: authorization('approved', force && { force }) },
      { requester: wendy, approver: alice },
      REAUTHORIZATION_WINDOW,
      ASKED + 86_400_000 + 1,
    );

  it('is destroyed with the force of its approval, which stays with it', () => {
    expect(carriedOut(used, true)).toMatchObject({ status: 'consumed', force: true });
    expect(carriedOut(used)).toMatchObject({ status: 'refused' });
  });

  it('is kept when a retention is found after the approval, and nobody is asked again', () => {
    const found = key({ registrationCount: 2, retentionCount: 1, lossVersion: 2 });
    expect(carriedOut(found, true)).toMatchObject({
      status: 'refused',
      why: expect.stringContaining('retention'),
    });
  });

  it('drifts when another resource has been registered since', () => {
    expect(carriedOut(key({ registrationCount: 3, lossVersion: 2 }), true)).toMatchObject({
      status: 'drifted',
    });
  });
});
