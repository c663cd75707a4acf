import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, chainEvents, type EventDraft, NO_EVENTS } from '../../lib/domain/audit.ts';
import { sha256 } from '../../lib/operations/caller.ts';
import { firstBrokenLink } from '../support/audit-chain.ts';

const draft = (actor: string, other: Partial<EventDraft> = {}): EventDraft => ({
  action: 'kms.secrets.create',
  actor,
  outcome: 'success',
  ...other,
});
const chain = (...actors: readonly string[]) =>
  chainEvents(
    NO_EVENTS,
    actors.map((actor) => draft(actor)),
    { at: 1, digest: sha256 },
  );

describe('a chain of events', () => {
  it('is numbered from one, each event with the hash of the one before', () => {
    const { events, head } = chain('a', 'b', 'c');
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(events.map(({ previousHash }) => previousHash)).toEqual(['', events[0]?.hash, events[1]?.hash]);
    expect(head).toEqual({ auditSequence: 3, auditHash: events[2]?.hash });
    expect(firstBrokenLink(events, sha256)).toBeUndefined();
  });

  it('goes on where it ended', () => {
    const first = chain('a');
    const { events } = chainEvents(first.head, [draft('b')], { at: 2, digest: sha256 });
    expect(firstBrokenLink([...first.events, ...events], sha256)).toBeUndefined();
  });

  it('hashes what is stored: a member that is absent is not there', () => {
    const { events } = chainEvents(NO_EVENTS, [draft('a', { data: { note: undefined, kept: 1 } })], {
      at: 1,
      digest: sha256,
    });
    expect(events[0]?.data).toEqual({ kept: 1 });
    expect(firstBrokenLink(JSON.parse(JSON.stringify(events)), sha256)).toBeUndefined();
  });

  const { events } = chain('a', 'b', 'c', 'd');
  it.each<[string, readonly AuditEvent[], number]>([
    ['an event was left out', events.filter(({ sequence }) => sequence !== 2), 2],
    ['the first event was left out', events.slice(1), 1],
    ['two were exchanged', [events[0], events[2], events[1], events[3]].flatMap((one) => one ?? []), 2],
    ['one was there twice', [events[0], events[0], events[1]].flatMap((one) => one ?? []), 2],
    ['an actor was changed', events.map((one) => (one.sequence === 3 ? { ...one, actor: 'x' } : one)), 3],
    ['a member was added', events.map((one) => (one.sequence === 1 ? { ...one, round: 2 } : one)), 1],
    ['a time was changed', events.map((one) => (one.sequence === 4 ? { ...one, at: 0 } : one)), 4],
  ])('is seen to be broken when %s', (_, changed, at) => {
    expect(firstBrokenLink(changed, sha256)).toBe(at);
  });

  it('is seen to be broken when an event was changed and its own hash made anew', () => {
    const forged = chainEvents({ auditSequence: 1, auditHash: events[0]?.hash ?? '' }, [draft('x')], {
      at: 1,
      digest: sha256,
    }).events;
    const changed = [events[0], forged[0], events[2], events[3]].flatMap((one) => one ?? []);
    expect(firstBrokenLink(changed, sha256)).toBe(3);
  });

  it('shows any single change', () => {
    const member = fc.constantFrom('actor', 'outcome', 'action', 'hash', 'previousHash');
    fc.assert(
      fc.property(fc.nat(3), member, fc.string({ minLength: 1 }), (index, name, text) => {
        const changed = events.map((one, i) => (i === index ? { ...one, [name]: `${text}!` } : one));
        expect(firstBrokenLink(changed, sha256)).toBeGreaterThan(0);
      }),
    );
  });
});
