import { randomBytes, randomUUID } from 'node:crypto';
import { couldCall, mayCall } from '../domain/access.ts';
import { COUNTERSIGN, chainEvents, NO_EVENTS } from '../domain/audit.ts';
import {
  type Drill,
  type DrillParticipant,
  drillKeyName,
  isAsked,
  isAwaited,
  isDrillDue,
  type OpenDrill,
} from '../domain/drill.ts';
import { problemFields } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import { displayNameOf, type Person, type PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { type EpochMillis, toDate } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { listInstances } from './init-instance.ts';
import { peopleMail } from './people-mails.ts';
import {
  type DrillPage,
  drillItem,
  drillLinkItem,
  loadDrills,
  loadNewestDrill,
  newestDrillWrite,
} from './records/drill.ts';
import { eventItem } from './records/event.ts';
import { loadInstance, type StoredInstance } from './records/instance.ts';
import { keyItem, keyPartition } from './records/key.ts';
import { mailContext } from './records/mail.ts';
import { loadPeople } from './records/person.ts';

/** What the schedule is called where somebody starts a drill. */
export const BY_SCHEDULE = 'the schedule of this installation';

/**
 * Starts a drill: every Manager is mailed a link, and has until its end to confirm.
 * @param duration in seconds
 */
export function startDrill(context: Context, caller: Caller, duration: number): Promise<Decision<Drill>> {
  return attempt(context, async () => {
    const loaded = await load(context, caller.instance.id);
    const starter = loaded?.people.find(({ id }) => id === caller.person.id);
    if (loaded === undefined || starter === undefined || !mayCall(starter, 'startDrill')) {
      return refuse('access-denied');
    }
    return begin(context, loaded, { id: starter.id, name: displayNameOf(starter), duration });
  });
}

/**
 * Starts the drills that are due by the installation's schedule.
 * @param every in seconds
 * @param duration in seconds
 */
export async function startDueDrills(
  context: Context,
  { every, duration }: { readonly every: number; readonly duration: number },
): Promise<void> {
  for (const instance of await listInstances(context)) {
    try {
      await startIfDue(context, instance, { every, duration });
    } catch (error) {
      // One instance must not keep the others waiting; the next sweep looks again.
      context.log.error('a drill could not be started and will be', {
        instanceId: instance.id,
        ...problemFields(error),
      });
    }
  }
}

async function startIfDue(
  context: Context,
  { id, createdAt }: Pick<Instance, 'id' | 'createdAt'>,
  { every, duration }: { readonly every: number; readonly duration: number },
): Promise<void> {
  const last = await loadNewestDrill(context.store, id);
  if (!isDrillDue({ last, createdAt }, every, context.clock.now())) return;
  const loaded = await load(context, id);
  // Somebody else's write came first: the next sweep looks again.
  if (loaded !== undefined) await begin(context, loaded, { id: COUNTERSIGN, name: BY_SCHEDULE, duration });
}

interface Loaded {
  readonly instance: StoredInstance;
  readonly people: readonly Person[];
}

async function load({ store }: Context, instanceId: string): Promise<Loaded | undefined> {
  const instance = await loadInstance(store, instanceId);
  return instance && { instance, people: await loadPeople(store, instanceId) };
}

interface Starter {
  readonly id: PersonId;
  readonly name: string;
  readonly duration: number;
}

async function begin(
  context: Context,
  { instance, people }: Loaded,
  starter: Starter,
): Promise<Decision<Drill> | undefined> {
  const { store, clock } = context;
  const last = await loadNewestDrill(store, instance.id);
  if (last?.status === 'open') return refuse('drill-under-way');
  const now = clock.now();
  const asked = people.filter(isAsked);
  const drill = newDrill(instance.id, asked, starter, now);
  const mails = await Promise.all(
    drill.participants.map((one) => mailWrites(context, { drill, one, by: starter.name }, now)),
  );
  const { committed } = await store.commit([
    newestDrillWrite(drill, last),
    { put: drillItem(drill, drill.endsAt), when: [{ item: 'absent' }] },
    ...keyWrites(context, drill),
    ...mails.flat(),
  ]);
  return committed ? accept(drill) : undefined;
}

/** The key of a drill, with the first event of its history. It never has material, and nothing finds it but its id. */
function keyWrites({ correlationId }: Context, drill: Drill): readonly Write[] {
  const { id: drillId, keyId: id, keyName: name, instanceId, startedAt: at, startedBy, endsAt } = drill;
  const data = {
    drill: drillId,
    keyName: name,
    asked: drill.participants.map(({ personId }) => personId).join(' '),
    endsAt: toDate(endsAt),
  };
  const draft = { action: 'countersign.drill.start', actor: startedBy, outcome: 'success', data } as const;
  const { events, head } = chainEvents(NO_EVENTS, [draft], { at, digest: sha256, correlationId });
  const key: Key = {
    id,
    instanceId,
    name,
    aliases: [],
    keyRingId: DEFAULT_KEY_RING,
    state: DESTROYED,
    extractable: false,
    imported: false,
    bitLength: 256,
    versions: [],
    createdAt: at,
    createdBy: startedBy,
    updatedAt: at,
    purgedAt: at,
    lossVersion: 1,
    stopVersion: 0,
    ...head,
  };
  const partition = keyPartition(instanceId, id);
  return [
    { put: keyItem(key), when: [{ item: 'absent' }] },
    ...events.map((event): Write => ({ put: eventItem(partition, event), when: [{ item: 'absent' }] })),
  ];
}

function newDrill(
  instanceId: string,
  asked: readonly Person[],
  { id: startedBy, duration }: Starter,
  now: EpochMillis,
): OpenDrill {
  return {
    id: randomUUID(),
    instanceId,
    keyId: randomUUID(),
    keyName: drillKeyName(now),
    startedAt: now,
    startedBy,
    endsAt: now + duration * 1_000,
    participants: asked.map(({ id, email }) => ({ personId: id, email, mailId: randomUUID() })),
    status: 'open',
    version: 1,
  };
}

/** The link of one Manager, and the mail that it is in. */
async function mailWrites(
  { sealer }: Context,
  { drill, one, by }: { readonly drill: Drill; readonly one: DrillParticipant; readonly by: string },
  now: EpochMillis,
): Promise<readonly Write[]> {
  const { instanceId, id, startedAt, keyName, endsAt } = drill;
  const { personId, email, mailId } = one;
  const token = randomBytes(32).toString('base64url');
  const sealedToken = await sealer.seal(Buffer.from(token), mailContext({ id: mailId }));
  const link = { hash: sha256(token), instanceId, id, startedAt, personId, createdAt: now };
  const facts = { person: email, by, at: now, until: endsAt, drill: { keyName } };
  const mail = {
    instanceId,
    personId,
    to: email,
    template: 'drill',
    facts,
    id: mailId,
    sealedToken,
  } as const;
  return [{ put: drillLinkItem(link), when: [{ item: 'absent' }] }, peopleMail(mail, now)];
}

/** The drills of the instance, the newest first. */
export async function listDrills(
  { store }: Context,
  { person, instance }: Caller,
  page: { readonly limit: number; readonly after?: string },
): Promise<Decision<DrillPage>> {
  if (!mayCall(person, 'readDrills')) return refuse('access-denied');
  return accept(await loadDrills(store, instance.id, page));
}

/** How many drills back one is found by its id: one a week for twenty years. */
const FOUND_BACK = 1_000;

/** One drill, by its id; `latest` is the newest. For whoever reads them all, and for those whom it asked. */
export async function readDrill(context: Context, caller: Caller, id: string): Promise<Decision<Drill>> {
  const { person, instance } = caller;
  const readsAll = mayCall(person, 'readDrills');
  if (!readsAll && !couldCall(person, 'confirmDrill')) return refuse('access-denied');
  const drill = await findDrill(context, instance.id, id);
  const asked = drill?.participants.some(({ personId }) => personId === person.id);
  return drill === undefined || !(readsAll || asked) ? refuse('drill-not-found') : accept(drill);
}

/** The drill that is under way and that the caller has not answered; undefined where none waits for them. */
export async function drillToConfirm(
  { store, clock }: Context,
  { person, instance }: Caller,
): Promise<OpenDrill | undefined> {
  if (!couldCall(person, 'confirmDrill')) return undefined;
  const drill = await loadNewestDrill(store, instance.id);
  return drill?.status === 'open' && isAwaited(drill, person.id, clock.now()) ? drill : undefined;
}

export async function findDrill(
  { store }: Context,
  instanceId: string,
  id: string,
): Promise<Drill | undefined> {
  const { drills } = await loadDrills(store, instanceId, { limit: id === 'latest' ? 1 : FOUND_BACK });
  return id === 'latest' ? drills[0] : drills.find((drill) => drill.id === id);
}
