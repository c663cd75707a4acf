import { describe, expect, it } from 'vitest';
import {
  confirmDrill,
  couldApprove,
  type Drill,
  type DrillMail,
  drillKeyName,
  endDrill,
  isAsked,
  isDrillDue,
  type OpenDrill,
  resultOf,
} from '../../lib/domain/drill.ts';
import { DAY, HOUR } from '../../lib/domain/time.ts';
import { alice, bob, person, rita, wendy } from './samples.ts';

const AT = Date.UTC(2026, 11, 1);

const drill = (other: Partial<OpenDrill> = {}): OpenDrill => ({
  id: 'd',
  instanceId: 'instance',
  keyId: '00000000-0000-4000-8000-000000abcdef',
  keyName: 'Drill 2026-12-01',
  startedAt: AT,
  startedBy: alice.id,
  endsAt: AT + 7 * DAY,
  participants: [alice, bob].map(({ id, email }) => ({ personId: id, email, mailId: `mail of ${id}` })),
  status: 'open',
  version: 1,
  ...other,
});

const HOW = { confirm: 'ABCDEF', through: 'link', withCredential: false, couldApprove: true } as const;
const confirmed = (before: Drill, personId = alice.id, how: Partial<typeof HOW> = {}, now = AT + HOUR) =>
  confirmDrill(before, { personId, ...HOW, ...how }, now);
const accepted = (decision: ReturnType<typeof confirmDrill>): Drill => {
  if (!decision.ok) throw new Error(decision.refusal.code);
  return decision.value;
};
const refusal = (decision: ReturnType<typeof confirmDrill>) =>
  decision.ok ? undefined : decision.refusal.code;
const mails = (status: DrillMail) =>
  new Map(drill().participants.map(({ mailId }) => [mailId, status] as const));

describe('who is asked', () => {
  it('is every active Manager who gets mail, of a part of the instance too', () => {
    const ofARing = person('rosa', [], {
      grants: [{ role: 'Manager', on: { keyRing: 'payroll' }, grantedAt: AT }],
    });
    expect([alice, bob, ofARing].map(isAsked)).toEqual([true, true, true]);
    const frozen = { ...alice, status: 'frozen' } as const;
    const service = { ...alice, kind: 'service', email: '', name: 'storage' } as const;
    expect([wendy, rita, frozen, service].map(isAsked)).toEqual([false, false, false, false]);
  });
});

describe('a confirmation', () => {
  it('is recorded with when and how, for whoever types the end of the key’s id', () => {
    const after = accepted(confirmed(drill()));
    expect(after).toMatchObject({ version: 2, status: 'open' });
    expect(after.participants.map(({ confirmation }) => confirmation)).toEqual([
      { at: AT + HOUR, through: 'link', withCredential: false, couldApprove: true },
      undefined,
    ]);
  });

  it('is not taken with other characters, from somebody who is not asked, or too late', () => {
    expect(refusal(confirmed(drill(), alice.id, { confirm: 'abcdee' as 'ABCDEF' }))).toBe(
      'confirmation-mismatch',
    );
    expect(refusal(confirmed(drill(), wendy.id))).toBe('drill-not-asked');
    expect(refusal(confirmed(drill(), alice.id, {}, AT + 7 * DAY))).toBe('drill-ended');
    expect(confirmed(drill(), alice.id, {}, AT + 7 * DAY - 1).ok).toBe(true);
  });

  it('changes nothing a second time', () => {
    const once = accepted(confirmed(drill()));
    expect(accepted(confirmed(once, alice.id, {}, AT + 8 * DAY))).toBe(once);
  });
});

describe('the end', () => {
  it('comes when everybody has confirmed, or the time is over, and not before', () => {
    const one = accepted(confirmed(drill())) as OpenDrill;
    expect(endDrill(one, mails('sent'), AT + 7 * DAY - 1)).toBeUndefined();
    expect(endDrill(one, mails('sent'), AT + 7 * DAY)).toMatchObject({ status: 'ended', version: 3 });
    const both = accepted(confirmed(one, bob.id)) as OpenDrill;
    expect(endDrill(both, mails('sent'), AT + 2 * HOUR)).toMatchObject({ endedAt: AT + 2 * HOUR });
  });

  it('tells who could approve, who answered and could not, who was silent, and whom no mail reached', () => {
    const resultsWith = (status: DrillMail, able = true) => {
      const one = accepted(confirmed(drill(), alice.id, { couldApprove: able as true })) as OpenDrill;
      return endDrill(one, mails(status), AT + 7 * DAY)?.participants.map(resultOf);
    };
    expect(resultsWith('sent')).toEqual(['ready', 'silent']);
    expect(resultsWith('sent', false)).toEqual(['not-able', 'silent']);
    expect(resultsWith('given-up')).toEqual(['ready', 'not-reached']);
    expect(resultsWith('due')).toEqual(['ready', 'not-reached']);
  });
});

describe('whether somebody could approve now', () => {
  const instance = { createdAt: AT - 100 * DAY, managerWait: 86_400 };

  it('is what the rule about approvers says of a deletion that somebody else asks for', () => {
    expect(couldApprove(alice, instance, AT)).toBe(true);
    const young = person('nora', ['Manager'], { since: AT - HOUR });
    expect(couldApprove(young, instance, AT)).toBe(false);
    expect(couldApprove(young, { ...instance, managerWait: 0 }, AT)).toBe(true);
    expect(couldApprove({ ...alice, addressSince: AT - HOUR }, instance, AT)).toBe(false);
    expect(couldApprove({ ...alice, status: 'frozen' }, instance, AT)).toBe(false);
    expect(couldApprove(wendy, instance, AT)).toBe(false);
  });

  it('is asked of whoever is Manager of a part for that part', () => {
    const grants = [{ role: 'Manager', on: { key: 'k' }, grantedAt: AT - 5 * DAY }] as const;
    expect(couldApprove(person('kim', [], { grants }), instance, AT)).toBe(true);
    const late = grants.map((grant) => ({ ...grant, grantedAt: AT - HOUR }));
    expect(couldApprove(person('kim', [], { grants: late }), instance, AT)).toBe(false);
  });
});

describe('a schedule', () => {
  const every = 90 * 86_400;

  it('starts a drill so long after the last one, or after the instance was made, and never two at once', () => {
    const due = (last: Pick<Drill, 'startedAt' | 'status'> | undefined, now: number) =>
      isDrillDue({ last, createdAt: AT }, every, now);
    expect([due(undefined, AT + 90 * DAY - 1), due(undefined, AT + 90 * DAY)]).toEqual([false, true]);
    const last = { startedAt: AT + DAY, status: 'ended' } as const;
    expect([due(last, AT + 90 * DAY), due(last, AT + 91 * DAY)]).toEqual([false, true]);
    expect(due({ ...last, status: 'open' }, AT + 200 * DAY)).toBe(false);
  });

  it('names the key after the day', () => {
    expect(drillKeyName(AT)).toBe('Drill 2026-12-01');
  });
});
