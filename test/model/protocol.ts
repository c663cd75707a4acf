import { type Conditions, conditionsOf, type Removed } from './conditions.ts';
import type { Model, Step } from './explore.ts';

/**
 * The protocol of authorizations, small enough to look at every order of everything. A command reads, decides on what it
 * read, and commits later: in between anything may happen, and the commit may never come, which is a crash. Every command
 * may be given again: a step that is run twice is a command that is given twice. Whoever loses a condition changes nothing.
 */

export const PEOPLE = ['ann', 'ben', 'cat'] as const;
export type Person = (typeof PEOPLE)[number];

export type Status =
  | 'unused'
  | 'asked'
  | 'pending'
  | 'approved'
  | 'destroying'
  | 'lapsed'
  | 'drifted'
  | 'consumed'
  | 'denied'
  | 'withdrawn'
  | 'superseded'
  | 'expired'
  | 'void';

export interface Authorization {
  readonly status: Status;
  readonly round: number;
  readonly requester: Person;
  readonly requestedAt: number;
  /** End of the window while pending; of the time to ask again while lapsed or drifted. */
  readonly endsAt: number;
  readonly lossVersion: number;
  /** What the manifest lists: it stands for the digest. */
  readonly loss: number;
  /** The key's stop version when it was asked for, as the request's item holds it. */
  readonly stop: number;
  /** How many withdrawals had been answered then. Only the rules look at it. */
  readonly withdrawals: number;
  readonly twoPeople: boolean;
  readonly approver?: Person;
  readonly approvedAt?: number;
}

export interface Key {
  readonly twoPeople: boolean;
  readonly destroyed: boolean;
  /** It lives elsewhere: its destruction is begun here, done there, and written here. */
  readonly external: boolean;
  /** How often it was deleted there. */
  readonly deletions: number;
  readonly lossVersion: number;
  readonly stop: number;
  readonly withdrawals: number;
  /** The authorization that counts; -1 before the first. */
  readonly points: number;
  readonly authorizations: readonly Authorization[];
}

export type Command =
  | 'record'
  | 'approve'
  | 'deny'
  | 'withdraw'
  | 'settle'
  | 'reauthorize'
  | 'destroy'
  | 'finish';

/** Writes without a condition on what was read. */
export type Event = 'ask' | 'rotate' | 'require' | 'revoke' | 'grant' | 'tick';

/** A command between its reading and its commit. */
export interface Flight {
  readonly command: Command;
  readonly key: number;
  readonly slot: number;
  readonly by: Person;
  readonly now: number;
  readonly read: Key;
  /** What would be lost, read after the key, by the commands that write a manifest. */
  readonly loss?: number;
  /** The provider has answered, to the command that has asked it. */
  readonly answered?: true;
}

export type Grants = Readonly<Record<Person, number | null>>;

export interface State {
  readonly now: number;
  readonly grants: Grants;
  readonly keys: readonly Key[];
  readonly flights: readonly Flight[];
  /** The rule that the last step broke. */
  readonly broken?: string;
}

export interface Bounds {
  readonly keys: number;
  /** How many authorizations a key can have, and how many rounds each. */
  readonly authorizations: number;
  readonly rounds: number;
  /** How many commands are under way at once. */
  readonly flights: number;
  /** How far time goes: a window is one tick long, and so is the time to ask again. */
  readonly ticks: number;
  /** What happens at all; everything, unless told otherwise. */
  readonly only?: readonly (Command | Event)[];
  /** False: the keys begin without the policy. */
  readonly twoPeople?: boolean;
  /** True: the keys live elsewhere. */
  readonly external?: boolean;
}

const WINDOW = 1;
/** An approval counts until the tick is over. */
const VALIDITY = 0;

const UNUSED: Authorization = {
  status: 'unused',
  round: 0,
  requester: 'ann',
  requestedAt: 0,
  endsAt: 0,
  lossVersion: 0,
  loss: 0,
  stop: 0,
  withdrawals: 0,
  twoPeople: true,
};

const OPEN: ReadonlySet<Status> = new Set(['pending', 'approved', 'lapsed', 'drifted']);
/** Nobody else's is open beside it. */
const COUNTING: ReadonlySet<Status> = new Set([...OPEN, 'destroying']);
const ASKS_AGAIN: ReadonlySet<Status> = new Set(['lapsed', 'drifted']);

/** The diagram of an authorization's life. */
const LIFE: { readonly [status in Status]?: readonly Status[] } = {
  asked: ['pending', 'approved'],
  pending: ['approved', 'denied', 'withdrawn', 'superseded', 'drifted', 'lapsed', 'expired'],
  approved: ['consumed', 'destroying', 'withdrawn', 'drifted', 'void'],
  destroying: ['consumed'],
  lapsed: ['pending', 'withdrawn', 'expired', 'superseded'],
  drifted: ['pending', 'withdrawn', 'expired', 'superseded'],
};

export function protocol(bounds: Bounds, removed: Removed = {}): Model<State> {
  const conditions = conditionsOf(removed);
  const { only } = bounds;
  const happens = (what: Command | Event): boolean => only === undefined || only.includes(what);
  return {
    initial: initialState(bounds),
    broken: ({ broken }) => broken,
    encode,
    *next(state) {
      for (const flight of state.flights) yield* land(state, flight, { bounds, conditions });
      if (state.now < bounds.ticks && happens('tick')) {
        yield { name: 'a tick', state: { ...state, now: state.now + 1 } };
      }
      yield* events(state, happens, conditions);
      if (state.flights.length < bounds.flights) yield* commands(state, { bounds, conditions }, happens);
    },
  };
}

const initialState = ({ keys, authorizations, twoPeople = true, external = false }: Bounds): State => ({
  now: 1,
  grants: { ann: 0, ben: 0, cat: 0 },
  keys: Array.from({ length: keys }, () => ({
    twoPeople,
    destroyed: false,
    external,
    deletions: 0,
    lossVersion: 1,
    stop: 0,
    withdrawals: 0,
    points: -1,
    authorizations: Array.from({ length: authorizations }, () => UNUSED),
  })),
  flights: [],
});

interface Rules {
  readonly bounds: Bounds;
  readonly conditions: Conditions;
}

function* events(
  state: State,
  happens: (event: Event) => boolean,
  { checked }: Conditions,
): Iterable<Step<State>> {
  for (const who of PEOPLE) {
    const granted = state.grants[who];
    if (granted !== null && happens('revoke')) {
      yield {
        name: `${who} loses the role`,
        state: { ...state, grants: { ...state.grants, [who]: null } },
        cost: 1,
      };
    }
    if (granted === null && happens('grant')) {
      const grants = { ...state.grants, [who]: state.now };
      yield { name: `${who} gets the role`, state: { ...state, grants }, cost: 1 };
    }
  }
  for (const [at, key] of state.keys.entries()) {
    const change = (name: string, next: Partial<Key>): Step<State> => ({
      name: `key ${at}: ${name}`,
      state: { ...state, keys: state.keys.with(at, { ...key, ...next }) },
      cost: 1,
    });
    if (key.destroyed) continue;
    const isDestroying = key.authorizations[key.points]?.status === 'destroying';
    const mayChange = !isDestroying || !checked('change: not destroying');
    if (happens('rotate') && mayChange) yield change('rotate', { lossVersion: key.lossVersion + 1 });
    if (happens('require') && !key.twoPeople) yield change('require two people', { twoPeople: true });
    const free = key.authorizations.findIndex(({ status }) => status === 'unused');
    if (!happens('ask') || free < 0) continue;
    for (const who of PEOPLE) {
      if (state.grants[who] === null) continue;
      const { stop, withdrawals, twoPeople } = key;
      const asked = { ...UNUSED, status: 'asked', requester: who, stop, withdrawals, twoPeople } as const;
      yield change(`${who} asks`, { authorizations: key.authorizations.with(free, asked) });
    }
  }
}

const COMMANDS: { readonly [command in Command]: readonly Person[] } = {
  // Who does these changes nothing but who hears of it.
  record: ['ann'],
  withdraw: ['ann'],
  settle: ['ann'],
  destroy: ['ann'],
  finish: ['ann'],
  approve: PEOPLE,
  deny: PEOPLE,
  reauthorize: PEOPLE,
};

function* commands(
  state: State,
  { bounds, conditions }: Rules,
  happens: (command: Command) => boolean,
): Iterable<Step<State>> {
  for (const [at, read] of state.keys.entries()) {
    for (const [command, people] of Object.entries(COMMANDS) as [Command, readonly Person[]][]) {
      if (!happens(command)) continue;
      const slots = command === 'withdraw' ? [Math.max(read.points, 0)] : read.authorizations.keys();
      for (const slot of slots) {
        for (const by of people) {
          const flight: Flight = { command, key: at, slot, by, now: state.now, read };
          if (!mayBegin(flight, state.grants, { bounds, conditions })) continue;
          const name = `key ${at}: ${command} ${slot} by ${by} reads`;
          yield { name, state: { ...state, flights: inOrder([...state.flights, flight]) }, cost: 1 };
        }
      }
    }
  }
}

/** Flights have no order among themselves. */
const inOrder = (flights: readonly Flight[]): readonly Flight[] =>
  flights.length < 2 ? flights : flights.toSorted((a, b) => (codeOf(a) < codeOf(b) ? -1 : 1));

const encode = ({ now, grants, keys, flights, broken = '' }: State): string =>
  `${now};${PEOPLE.map((who) => grants[who]).join()};${keys.map(codeOf).join('|')};${flights.map(codeOf).join('|')};${broken}`;

/** Values never change, and most are part of many states: each is put into words once. */
const codes = new WeakMap<object, string>();
function codeOf(value: object): string {
  const known = codes.get(value);
  if (known !== undefined) return known;
  const code = Object.values(value)
    .map((part) =>
      Array.isArray(part) ? part.map(codeOf).join('/') : typeof part === 'object' ? codeOf(part) : part,
    )
    .join();
  codes.set(value, code);
  return code;
}

/** The rule as the operation decides on what it has read. */
function mayBegin(flight: Flight, grants: Grants, { bounds, conditions }: Rules): boolean {
  const { command, read, slot, now } = flight;
  const authorization = read.authorizations[slot] ?? UNUSED;
  const { status, endsAt } = authorization;
  if (read.destroyed) return false;
  switch (command) {
    case 'withdraw':
      return (
        read.authorizations[read.points]?.status !== 'destroying' ||
        !conditions.checked('withdraw: not destroying')
      );
    case 'finish':
      return status === 'destroying';
    case 'settle':
      if (status === 'approved') return now - (authorization.approvedAt ?? now) > VALIDITY;
      return (status === 'pending' || ASKS_AGAIN.has(status)) && now >= endsAt;
    case 'destroy':
      return status === 'approved';
    case 'record':
      if (status === 'unused' || !somebodyCouldApprove(authorization, grants, now)) return false;
      return conditions.rule(facts(flight, read, grants));
    case 'reauthorize':
      if (authorization.round >= bounds.rounds) return false;
      if (!somebodyCouldApprove({ ...authorization, requester: flight.by }, grants, now)) return false;
      return conditions.rule(facts(flight, read, grants));
    default:
      return conditions.rule(facts(flight, read, grants));
  }
}

const somebodyCouldApprove = (
  { twoPeople, requester }: Authorization,
  grants: Grants,
  now: number,
): boolean => !twoPeople || PEOPLE.some((who) => who !== requester && (grants[who] ?? now) < now);

/** What each condition says of a command, on the key as it is `now`: when it was read, and when it is committed. */
export interface Facts {
  readonly flight: Flight;
  readonly read: Authorization;
  readonly key: Key;
  readonly authorization: Authorization;
  readonly grants: Grants;
}

const facts = (flight: Flight, key: Key, grants: Grants): Facts => ({
  flight,
  read: flight.read.authorizations[flight.slot] ?? UNUSED,
  key,
  authorization: key.authorizations[flight.slot] ?? UNUSED,
  grants,
});

/** The next thing that an operation under way does: look at what would be lost, or commit. */
function* land(state: State, flight: Flight, rules: Rules): Iterable<Step<State>> {
  const others = state.flights.filter((other) => other !== flight);
  const { command, key: at, slot, by } = flight;
  const name = `key ${at}: ${command} ${slot} by ${by}`;
  const key = state.keys[at];
  if (key === undefined) return;
  if (flight.loss === undefined && (command === 'record' || command === 'reauthorize')) {
    const looked = { ...flight, loss: key.lossVersion };
    yield { name: `${name} looks`, state: { ...state, flights: inOrder([...others, looked]) } };
    return;
  }
  if (command === 'finish' && flight.answered === undefined) {
    const answered = { ...flight, answered: true } as const;
    const asked = { ...key, deletions: Math.max(key.deletions, 1) };
    const broken = key.deletions === 0 ? brokenByDeletionThere(key, slot) : undefined;
    yield {
      name: `${name} has it deleted there`,
      state: {
        ...state,
        flights: inOrder([...others, answered]),
        keys: state.keys.with(at, asked),
        ...(broken && { broken }),
      },
    };
    return;
  }
  const outcome = outcomeOf(flight, state.grants, rules);
  const now = facts(flight, key, state.grants);
  if (outcome === undefined || !rules.conditions.write(now, outcome.status)) {
    yield { name: `${name} comes too late`, state: { ...state, flights: others } };
    return;
  }
  const after = written(key, flight, outcome, rules);
  const broken = brokenBy(now, outcome, after);
  yield {
    name: `${name} commits: ${outcome.status}`,
    state: { ...state, flights: others, keys: state.keys.with(at, after), ...(broken && { broken }) },
  };
}

/** What the command makes of the authorization, by what it has read. A withdrawal of nothing keeps what is there. */
function outcomeOf(flight: Flight, grants: Grants, { bounds, conditions }: Rules): Authorization | undefined {
  const { command, by, now, loss = 0, read: key } = flight;
  const before = facts(flight, key, grants).read;
  switch (command) {
    case 'record': {
      const manifest = { loss, lossVersion: key.lossVersion, requestedAt: now, round: 1 };
      return before.twoPeople
        ? { ...before, ...manifest, status: 'pending', endsAt: now + WINDOW }
        : { ...before, ...manifest, status: 'approved', approver: before.requester, approvedAt: now };
    }
    case 'approve':
      // Nobody can approve what would not be lost: the requester is asked again.
      return key.lossVersion !== before.lossVersion && conditions.checked('approve: lossVersion')
        ? { ...before, status: 'drifted', endsAt: now + WINDOW }
        : { ...before, status: 'approved', approver: by, approvedAt: now };
    case 'deny':
      return { ...before, status: 'denied' };
    case 'withdraw':
      return OPEN.has(before.status) ? { ...before, status: 'withdrawn' } : before;
    case 'settle':
      if (before.status === 'approved') return { ...before, status: 'void' };
      if (before.status === 'pending' && before.round < bounds.rounds) {
        return { ...before, status: 'lapsed', endsAt: now + WINDOW };
      }
      return { ...before, status: 'expired' };
    case 'reauthorize': {
      const { approver: _, approvedAt: __, ...rest } = before;
      const manifest = { loss, lossVersion: key.lossVersion, requestedAt: now, endsAt: now + WINDOW };
      return { ...rest, ...manifest, status: 'pending', round: before.round + 1, requester: by };
    }
    case 'destroy':
      return carriedOut(flight, before, grants, conditions);
    case 'finish':
      return { ...before, status: 'consumed' };
  }
}

function carriedOut(
  { read, now, slot }: Flight,
  before: Authorization,
  grants: Grants,
  { checked }: Conditions,
): Authorization {
  const tooOld = now - (before.approvedAt ?? now) > VALIDITY;
  const granted = before.approver === undefined ? null : grants[before.approver];
  const lost =
    (grants[before.requester] === null && checked("destroy: requester's grant")) ||
    (before.twoPeople &&
      (granted === null || granted >= before.requestedAt) &&
      checked("destroy: approver's grant")) ||
    (!before.twoPeople && read.twoPeople && checked('destroy: policy still off'));
  if (read.points !== slot || lost || (tooOld && checked('destroy: approval not too old'))) {
    return { ...before, status: 'void' };
  }
  if (read.lossVersion !== before.lossVersion && checked('destroy: lossVersion')) {
    return { ...before, status: 'drifted', endsAt: now + WINDOW };
  }
  return { ...before, status: read.external ? 'destroying' : 'consumed' };
}

function written(key: Key, flight: Flight, after: Authorization, { conditions }: Rules): Key {
  const { command, slot, read } = flight;
  let { authorizations } = key;
  // A withdrawal of nothing touches the key alone.
  const touched = command !== 'withdraw' || (read.points >= 0 && after.status === 'withdrawn');
  if (touched) authorizations = authorizations.with(slot, after);
  if (command === 'withdraw') {
    const stop = conditions.checked('withdraw: raises stopVersion') ? key.stop + 1 : key.stop;
    return { ...key, authorizations, stop, withdrawals: key.withdrawals + 1 };
  }
  if (command !== 'record')
    return { ...key, authorizations, destroyed: key.destroyed || after.status === 'consumed' };
  const old = read.authorizations[read.points];
  if (old !== undefined && OPEN.has(old.status)) {
    authorizations = authorizations.with(read.points, { ...old, status: 'superseded' });
  }
  return { ...key, authorizations, points: slot };
}

/** The rules that must always hold, looked at where they could be broken: in the step that writes. */
function brokenBy(
  { flight, key, authorization, grants }: Facts,
  after: Authorization,
  next: Key,
): string | undefined {
  const { command } = flight;
  for (const [slot, { status }] of next.authorizations.entries()) {
    const before = key.authorizations[slot]?.status ?? 'unused';
    const moved = before !== status || (slot === flight.slot && command !== 'withdraw');
    if (moved && LIFE[before]?.includes(status) !== true) return `${before} became ${status}`;
  }
  if (next.authorizations.filter(({ status }) => COUNTING.has(status)).length > 1)
    return 'two authorizations are open';
  const open = next.authorizations.findIndex(({ status }) => COUNTING.has(status));
  if (open >= 0 && next.points !== open) return 'an open authorization does not count';
  const requester = grants[after.requester];
  if (command === 'record' || command === 'reauthorize') {
    if (requester === null) return 'somebody without the role authorized';
    if (after.loss !== after.lossVersion) return 'the manifest is not of the version that it is bound to';
    if (after.lossVersion !== key.lossVersion) return 'the manifest was out of date when it was recorded';
    if (command === 'reauthorize' && after.round !== authorization.round + 1) return 'a round was left out';
    if (command === 'reauthorize' && flight.now >= authorization.endsAt) return 'asked again too late';
  }
  if (command === 'record' && after.twoPeople !== key.twoPeople) return 'recorded under another policy';
  if (after.status === 'approved' && command === 'approve') {
    if (after.round !== authorization.round) return 'another round was approved';
    if (after.approver === authorization.requester) return 'somebody approved their own request';
    if (flight.now >= authorization.endsAt) return 'approved after the window';
    if (key.lossVersion !== authorization.loss) return 'approved what would not be lost';
  }
  if (command === 'deny' && grants[flight.by] === null) return 'somebody without the role denied';
  if (after.status === 'denied' && after.round !== authorization.round) return 'another round was denied';
  if ((after.status === 'lapsed' || after.status === 'expired') && command === 'settle') {
    if (after.round !== authorization.round) return 'another round has ended';
    if (flight.now < authorization.endsAt) return 'ended before its time';
  }
  // What has begun elsewhere is not undone by who loses a role.
  if (command === 'finish') return key.deletions === 1 ? undefined : 'consumed without a deletion there';
  if (after.status === 'approved' || after.status === 'consumed' || after.status === 'destroying') {
    if (requester === null) return 'the requester does not hold the role';
    const grant = after.twoPeople && after.approver !== undefined ? grants[after.approver] : 0;
    if (grant === null || grant === undefined || grant >= after.requestedAt)
      return 'the approver could not approve';
  }
  return after.status === 'consumed' || after.status === 'destroying'
    ? brokenByDestruction(flight, key, after)
    : undefined;
}

/** The rules that must hold at the moment at which the provider deletes the key. */
function brokenByDeletionThere(key: Key, slot: number): string | undefined {
  const authorization = key.authorizations[slot];
  if (authorization?.status !== 'destroying') return 'deleted there without that being on record here';
  if (key.lossVersion !== authorization.loss) return 'something was lost that nobody approved';
  if (key.withdrawals !== authorization.withdrawals)
    return 'a key was destroyed after a withdrawal was answered';
  return undefined;
}

function brokenByDestruction({ now }: Flight, key: Key, after: Authorization): string | undefined {
  if (key.twoPeople && !after.twoPeople) return 'one person destroyed a key that needs two';
  if (after.twoPeople && after.approver === after.requester) return 'one person destroyed a key';
  if (key.lossVersion !== after.loss) return 'something was lost that nobody approved';
  if (key.withdrawals !== after.withdrawals) return 'a key was destroyed after a withdrawal was answered';
  if (now - (after.approvedAt ?? now) > VALIDITY) return 'an approval was too old';
  return undefined;
}
