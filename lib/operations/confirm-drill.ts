import { couldCall } from '../domain/access.ts';
import { type Confirmation, confirmDrill, couldApprove, type Drill, isComplete } from '../domain/drill.ts';
import type { Instance } from '../domain/instance.ts';
import { whyNotByLink } from '../domain/link-decision.ts';
import { isActive, type Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { attempt } from './attempts.ts';
import { type Caller, identify, sha256 } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { findDrill } from './drills.ts';
import { type DrillReference, drillAsRead, drillItem, loadDrill, loadDrillLink } from './records/drill.ts';
import { loadInstance } from './records/instance.ts';
import { loadKey } from './records/key.ts';
import { isOutdated } from './records/link.ts';
import { loadPerson } from './records/person.ts';

/** What the page behind a drill's link shows. */
export interface DrillView {
  readonly instance: Instance;
  readonly drill: Drill;
  /** Whom the link was mailed to. */
  readonly person: Person;
  readonly state: 'open' | 'confirmed' | 'ended';
}

/** What a drill's link stands for. Changes nothing, however often it is opened. */
export async function openDrillLink(context: Context, token: string): Promise<Decision<DrillView>> {
  const { store, clock } = context;
  const link = await loadDrillLink(store, sha256(token));
  if (link === undefined) return refuse('link-unknown');
  const drill = await loadDrill(store, link);
  const instance = await loadInstance(store, link.instanceId);
  const person = await loadPerson(store, link.instanceId, link.personId);
  if (drill === undefined || instance === undefined || person === undefined) return refuse('link-unknown');
  if (!isActive(person) || isOutdated(link, person)) return refuse('link-withdrawn');
  const mine = drill.participants.find(({ personId }) => personId === person.id);
  const isOver = drill.status === 'ended' || clock.now() >= drill.endsAt;
  const state = mine?.confirmation !== undefined ? 'confirmed' : isOver ? 'ended' : 'open';
  return accept({ drill, instance, person, state });
}

export interface DrillAnswer {
  /** The last six characters of the key's id, as typed. */
  readonly confirm: string;
  /** The person's own: needed where the instance asks for it with an approval. */
  readonly apiKey?: string;
}

/** Takes the confirmation of the person that the link was mailed to, as `decideByLink` takes an approval. */
export async function confirmDrillByLink(
  context: Context,
  token: string,
  { confirm, apiKey }: DrillAnswer,
): Promise<Decision<DrillView>> {
  const opened = await openDrillLink(context, token);
  if (!opened.ok) return opened;
  const { instance, drill, person } = opened.value;
  const credential = apiKey === undefined ? undefined : { personId: await identify(context, apiKey) };
  const why = whyNotByLink({ personId: person.id, instance }, 'approve', credential);
  if (why !== undefined) return refuse(why);
  const how = { confirm, through: 'link', withCredential: credential !== undefined } as const;
  const confirmed = await record(context, drill, { person, ...how });
  return confirmed.ok ? openDrillLink(context, token) : confirmed;
}

/** The same by the API or in the console, with the caller's own credential. */
export async function confirmDrillAs(
  context: Context,
  caller: Caller,
  {
    id,
    confirm,
    through,
  }: { readonly id: string; readonly confirm: string; readonly through: 'api' | 'console' },
): Promise<Decision<Drill>> {
  const drill = await findDrill(context, caller.instance.id, id);
  if (drill === undefined) return refuse('drill-not-found');
  return record(context, drill, { person: caller.person, confirm, through, withCredential: true });
}

interface Confirming {
  readonly person: Person;
  readonly confirm: string;
  readonly through: Confirmation['through'];
  readonly withCredential: boolean;
}

function record(
  context: Context,
  reference: DrillReference,
  { person: { id: personId }, ...how }: Confirming,
): Promise<Decision<Drill>> {
  const { store, clock } = context;
  return attempt(context, async () => {
    const instance = await loadInstance(store, reference.instanceId);
    const before = await loadDrill(store, reference);
    const key = before && (await loadKey(store, before.instanceId, before.keyId));
    const person = await loadPerson(store, reference.instanceId, personId);
    if (instance === undefined || before === undefined || key === undefined) return refuse('drill-not-found');
    // Somebody who is no Manager any more could approve nothing: that they answer says nothing.
    if (person === undefined || !couldCall(person, 'confirmDrill')) return refuse('access-denied');
    const now = clock.now();
    const able = couldApprove(person, instance, now);
    const confirmed = confirmDrill(before, { personId, ...how, couldApprove: able }, now);
    if (!confirmed.ok || confirmed.value === before) return confirmed;
    const drill = confirmed.value;
    const { through, withCredential } = how;
    const data = { drill: drill.id, through, withCredential, couldApprove: able };
    const committed = await commitKeyChange(context, {
      key,
      now,
      events: [{ action: 'countersign.drill.confirm', actor: personId, outcome: 'success', data }],
      writes: [
        { put: drillItem(drill, isComplete(drill) ? now : drill.endsAt), when: [drillAsRead(before)] },
      ],
    });
    return committed ? confirmed : undefined;
  });
}
