import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { approve } from '../../lib/domain/approval.ts';
import { type Authorization, isOver } from '../../lib/domain/authorization.ts';
import { DESTROYED, type Key } from '../../lib/domain/key.ts';
import { carryOut, deny, drift, reauthorize, settle, supersede, withdraw } from '../../lib/domain/outcome.ts';
import type { Person } from '../../lib/domain/person.ts';
import type { Decision } from '../../lib/domain/refusal.ts';
import { requestDeletion, requesterRole } from '../../lib/domain/request.ts';
import { HOUR, SECOND } from '../../lib/domain/time.ts';
import { ASKED, authorization, key, person, REAUTHORIZATION_WINDOW } from './samples.ts';

const NAMES = ['alice', 'bob', 'carol', 'wendy'] as const;
type Name = (typeof NAMES)[number];

/** The rules alone, as one key goes through whatever people do and time does. */
interface Model {
  now: number;
  key: Key;
  current: Authorization | undefined;
  readonly people: Map<Name, Person>;
  made: number;
  /** What was accepted, oldest first. */
  readonly story: string[];
}

const WINDOW = 604_800 * SECOND;

const newModel = (): Model => ({
  now: ASKED,
  key: { ...key(), authorizationId: '' },
  current: undefined,
  people: new Map([
    ['alice', person('alice', ['Manager'])],
    ['bob', person('bob', ['Manager'])],
    ['carol', person('carol', ['Manager', 'Writer'])],
    ['wendy', person('wendy', ['Writer'])],
  ]),
  made: 0,
  story: [],
});

const personOf = (model: Model, name: Name): Person => model.people.get(name) ?? person(name, []);
const byId = (model: Model, id: string) => [...model.people.values()].find((one) => one.id === id);

function became(model: Model, what: string, next: Authorization): void {
  const before = model.current;
  if (before !== undefined && before.id === next.id) {
    // Nothing leaves an over state.
    expect(isOver(before.status), `${what} came upon ${before.status}`).toBe(false);
    expect(next.round).toBe(before.round + (what === 'reauthorize' ? 1 : 0));
  }
  model.current = next;
  model.story.push(`${what} ${next.round}`);
}

/** Takes what was accepted: it names the round that stood. */
function take<T extends Authorization>(
  model: Model,
  what: string,
  { decision, round }: { readonly decision: Decision<T>; readonly round?: number },
): void {
  if (!decision.ok) return;
  if (round !== undefined) expect(round).toBe(model.current?.round);
  became(model, what, decision.value);
}

/** What somebody, or time, does; each may be refused. */
const COMMANDS = {
  set(model: Model, name: Name) {
    const requester = personOf(model, name);
    const { current, people, now } = model;
    const context = { key: model.key, current, requester, people: [...people.values()] };
    const decision = requestDeletion(context, now);
    if (!decision.ok || decision.value === 'repeated') return;
    if (current !== undefined && !isOver(current.status)) expect(supersede(current, now).ok).toBe(true);
    model.made += 1;
    const id = `authorization ${model.made}`;
    const made = {
      id,
      requester: requester.id,
      requesterRole: requesterRole(requester, key()),
      requestedAt: now,
      windowEndsAt: now + WINDOW,
      reauthorizeEndsAt: now + WINDOW + REAUTHORIZATION_WINDOW * SECOND,
      lossVersion: model.key.lossVersion,
    };
    model.key = { ...model.key, authorizationId: id };
    became(model, 'set', authorization('pending', made));
  },
  approve(model: Model, name: Name, round: number) {
    if (model.current === undefined) return;
    const approver = personOf(model, name);
    const requester = byId(model, model.current.requester);
    const current = { authorization: model.current, key: model.key };
    const command = { approver, requester, round, decidedThrough: 'api' } as const;
    take(model, 'approve', { decision: approve(current, command, model.now), round });
  },
  deny(model: Model, name: Name, round: number) {
    if (model.current === undefined) return;
    const by = personOf(model, name);
    const decision = deny({ authorization: model.current, key: model.key }, { by, round }, model.now);
    take(model, 'deny', { decision, round });
  },
  withdraw(model: Model, name: Name) {
    if (model.current === undefined) return;
    const by = personOf(model, name);
    take(model, 'withdraw', {
      decision: withdraw({ authorization: model.current, key: model.key }, { by }, model.now),
    });
  },
  reauthorize(model: Model, name: Name, round: number) {
    if (model.current === undefined) return;
    const by = personOf(model, name);
    const { manifest, manifestDigest, lossDigest } = model.current;
    const next = {
      by,
      round,
      manifest,
      manifestDigest,
      lossDigest,
      role: requesterRole(by, key()),
      requester: undefined,
      lossVersion: model.key.lossVersion,
      windowEndsAt: model.now + WINDOW,
      reauthorizeEndsAt: model.now + WINDOW + REAUTHORIZATION_WINDOW * SECOND,
    };
    const decision = reauthorize({ authorization: model.current, key: model.key }, next, model.now);
    take(model, 'reauthorize', decision.ok ? { decision } : { decision, round });
  },
  carryOut(model: Model) {
    if (model.current?.status !== 'approved') return;
    const approved = model.current;
    const people = {
      requester: byId(model, approved.requester),
      approver: byId(model, approved.approver),
    };
    const current = { authorization: approved, key: model.key };
    const after = carryOut(current, people, REAUTHORIZATION_WINDOW, model.now);
    became(model, after.status, after);
    if (after.status !== 'consumed') return;
    model.key = { ...model.key, state: DESTROYED };
    // Two people who are two, who both count at this moment, one of them for longer than the round lasts.
    expect(after.requester).not.toBe(after.approver);
    expect(people.requester).toMatchObject({ status: 'active' });
    expect(people.requester?.roles[after.requesterRole]).toBeDefined();
    expect(people.approver).toMatchObject({ status: 'active', kind: 'user' });
    expect(people.approver?.roles.Manager).toBeLessThan(after.requestedAt);
    expect(after.approvedAt).toBeGreaterThanOrEqual(after.requestedAt);
    expect(after.approvedAt).toBeLessThan(after.windowEndsAt);
    expect(model.now - after.approvedAt).toBeLessThanOrEqual(24 * HOUR);
    expect(after.lossVersion).toBe(model.key.lossVersion);
    const [last, before] = model.story.toReversed();
    expect([before, last]).toEqual([`approve ${after.round}`, `consumed ${after.round}`]);
  },
  look(model: Model) {
    const after = model.current && settle(model.current, REAUTHORIZATION_WINDOW, model.now);
    if (after !== undefined) became(model, after.status, after);
  },
  changeLoss(model: Model) {
    if (model.key.state === DESTROYED) return;
    model.key = { ...model.key, lossVersion: model.key.lossVersion + 1 };
  },
  notice(model: Model) {
    const { current } = model;
    if (current?.status !== 'pending' || current.lossVersion === model.key.lossVersion) return;
    became(model, 'drifted', drift(current, REAUTHORIZATION_WINDOW, model.now));
  },
  lose(model: Model, name: Name) {
    model.people.set(name, { ...personOf(model, name), status: 'removed', roles: {} });
  },
  grant(model: Model, name: Name) {
    model.people.set(name, person(name, ['Manager'], { since: model.now }));
  },
} as const;

type Command =
  | { readonly what: keyof typeof COMMANDS; readonly who: Name; readonly round: number }
  | { readonly what: 'pass'; readonly hours: number };

const who = fc.constantFrom(...NAMES);
/** Which round somebody has seen, seen from the current one. */
const round = fc.constantFrom(0, 0, 0, 0, -1, 1);
const often = fc.constantFrom(
  'set',
  'approve',
  'approve',
  'carryOut',
  'carryOut',
  'reauthorize',
  'reauthorize',
  'look',
);
const commands = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: often, who, round }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom(...(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])),
      who,
      round,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('pass'),
      hours: fc.constantFrom(0, 1, 23, 24, 25, 48, 168, 168),
    }),
  },
) as fc.Arbitrary<Command>;

it('whatever people do and however time goes by, two people who count destroy a key, or nobody does', () => {
  let destroyed = 0;
  let rounds = 0;
  fc.assert(
    fc.property(fc.array(commands, { minLength: 5, maxLength: 60 }), (sequence) => {
      const model = newModel();
      for (const command of sequence) {
        model.now += 1;
        if (command.what === 'pass') model.now += command.hours * HOUR;
        else COMMANDS[command.what](model, command.who, (model.current?.round ?? 1) + command.round);
      }
      if (model.key.state === DESTROYED) destroyed += 1;
      if ((model.current?.round ?? 1) > 1) rounds += 1;
      expect(model.key.state === DESTROYED).toBe(model.current?.status === 'consumed');
    }),
    { numRuns: 10_000 },
  );
  // The sequences lead somewhere: a good part of them destroys a key, and some begin another round.
  expect(destroyed).toBeGreaterThan(200);
  expect(rounds).toBeGreaterThan(20);
});
