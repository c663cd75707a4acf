import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  exported,
  type Loose,
  looseLines,
  problemsOf,
  rehashed,
  resealed,
  verified,
} from '../../support/evidence.ts';
import { livedThrough } from '../../support/evidence-story.ts';
import { openStory, type Story } from '../../support/story.ts';

let story: Story;
let lines: readonly Loose[];
let keyId: string;

beforeAll(async () => {
  story = await openStory();
  ({ deleted: keyId } = await livedThrough(story));
  const { texts } = await exported(story.context, await story.as('rita'));
  expect(verified(texts).problems).toEqual([]);
  lines = looseLines(texts);
});
afterAll(() => story.close());

const CREATE = 'countersign.instance.create';
const SET = 'kms.secrets.setkeyfordeletion';
const APPROVE = 'countersign.authorization.approve';
const DELETE = 'kms.secrets.delete';

type Event = { [name: string]: unknown };

/** The first event of this action in the chain of the instance, or of the key that was deleted. */
function eventIn(of: readonly Loose[], action: string): Event {
  const line = of.find(
    ({ chain, event }) =>
      (chain === 'instance' || chain === keyId) && (event as Event | undefined)?.action === action,
  );
  if (line === undefined) throw new Error(`there is no ${action}`);
  return line.event as Event;
}
const timeOf = (action: string): number => Number(eventIn(lines, action).at);
const approver = () => eventIn(lines, APPROVE).actor;

const instanceEvent = (at: number, action: string, data: object): Event => ({
  ...eventIn(lines, CREATE),
  at,
  action,
  data,
});
const addressChange = (at: number, person = approver()): Event =>
  instanceEvent(at, 'countersign.people.change', { person, addressChanged: true });

type Case = readonly [what: string, events: () => readonly Event[], change: (changed: Loose[]) => void];

const asItIs = () => {};

/** What is told when the chain of the instance goes on with these events, and both chains are computed anew. */
async function told(events: readonly Event[], change: (lines: Loose[]) => void = asItIs) {
  const changed = structuredClone(lines) as Loose[];
  const end = changed.findLastIndex(({ type, chain }) => type === 'event' && chain === 'instance');
  changed.splice(end + 1, 0, ...events.map((event): Loose => ({ type: 'event', chain: 'instance', event })));
  change(changed);
  const rebuilt = rehashed(rehashed(changed, 'instance'), keyId);
  const problems = problemsOf(await resealed(rebuilt, story.context.signer));
  return problems
    .filter((problem) => /address|was moved/.test(problem))
    .map((one) => one.replace(/^\d+: /, ''));
}

const waiting = (seconds: number) => (changed: Loose[]) => {
  eventIn(changed, CREATE).data = { managerWait: seconds };
};
const TOO_LATE =
  /^the deletion of key .* was approved by somebody whose address or sign-in was changed at .*Z, too late to approve what was asked for at .*Z$/;

describe('an approval is told of whose person may have been another than before', () => {
  it.each<Case>([
    ['their address was changed after it was asked for', () => [addressChange(timeOf(SET) + 1)], asItIs],
    ['their address was changed in the very moment of asking', () => [addressChange(timeOf(SET))], asItIs],
    [
      'a sign-in was bound to them after it was asked for',
      () => [instanceEvent(timeOf(SET), 'countersign.people.bind-identity', { person: approver() })],
      asItIs,
    ],
    [
      'their address was younger than a new Manager’s wait',
      () => [addressChange(timeOf(SET) - 1)],
      waiting(1),
    ],
    [
      'the address of whose service they are was changed after it was asked for',
      () => [
        instanceEvent(1, 'countersign.people.add', { person: approver(), owner: 'somebody|else' }),
        addressChange(timeOf(SET), 'somebody|else'),
      ],
      asItIs,
    ],
  ])('since %s', async (_, events, change) => {
    expect(await told(events(), change)).toEqual([expect.stringMatching(TOO_LATE)]);
  });

  it('since their address was changed between the approval and the deletion', async () => {
    const later = (changed: Loose[]) => {
      eventIn(changed, DELETE).at = timeOf(DELETE) + 2;
    };
    expect(await told([addressChange(timeOf(APPROVE) + 1)], later)).toEqual([
      expect.stringMatching(
        /^key .* was deleted, although the address or sign-in of who approved it was changed/,
      ),
    ]);
  });
});

describe('nothing is told of an address that was changed', () => {
  it.each<Case>([
    ['before it was asked for', () => [addressChange(timeOf(SET) - 1)], asItIs],
    ['longer before than a new Manager waits', () => [addressChange(timeOf(SET) - 1_000 - 1)], waiting(1)],
    ['with the instance, where a new Manager waits', () => [addressChange(timeOf(CREATE))], waiting(86_400)],
    ['after the deletion', () => [addressChange(timeOf(DELETE) + 1)], asItIs],
    ['of somebody else', () => [addressChange(timeOf(SET), 'somebody|else')], asItIs],
  ])('%s', async (_, events, change) => {
    expect(await told(events(), change)).toEqual([]);
  });

  it('while a key that lives elsewhere was being destroyed, which nothing takes back', async () => {
    const elsewhere = (changed: Loose[]) => {
      const at = changed.findIndex(({ event }) => event === eventIn(changed, DELETE));
      const begun = { ...eventIn(changed, DELETE), action: 'countersign.authorization.destroy' };
      eventIn(changed, DELETE).at = timeOf(DELETE) + 2;
      changed.splice(at, 0, { type: 'event', chain: keyId, event: begun });
    };
    expect(await told([addressChange(timeOf(DELETE) + 1)], elsewhere)).toEqual([]);
  });
});

it('the chain of the instance is told of where it was moved behind those of keys', async () => {
  const isOfInstance = ({ type, chain }: Loose) =>
    chain === 'instance' && (type === 'chain' || type === 'event');
  const moved = (changed: Loose[]) => {
    const chain = changed.filter(isOfInstance);
    const others = changed.filter((line) => !isOfInstance(line));
    changed.splice(0, changed.length, ...others, ...chain);
  };
  expect(await told([addressChange(timeOf(SET))], moved)).toEqual([
    'the chain of the instance comes after those of keys: it was moved',
  ]);
});
