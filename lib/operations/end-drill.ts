import { COUNTERSIGN } from '../domain/audit.ts';
import {
  type Drill,
  type DrillMail,
  type DrillParticipant,
  type EndedDrill,
  endDrill,
  isAsked,
  resultOf,
} from '../domain/drill.ts';
import { PermanentError } from '../domain/errors.ts';
import { displayNameOf, type Person } from '../domain/person.ts';
import { accept } from '../domain/refusal.ts';
import type { Item, Store, Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { BY_SCHEDULE } from './drills.ts';
import { peopleMail } from './people-mails.ts';
import { drillAsRead, drillItem, drillOfItem, loadDrill } from './records/drill.ts';
import { loadKey } from './records/key.ts';
import { mailOfItem, peopleMailKey } from './records/mail.ts';
import { loadPeople } from './records/person.ts';

/** Ends a drill whose time is over, or that everybody has confirmed, and mails every Manager what came of it. */
export async function endDueDrill(context: Context, item: Item): Promise<void> {
  const { store, clock } = context;
  const reference = drillOfItem(item);
  await attempt<undefined>(context, async () => {
    const before = await loadDrill(store, reference);
    if (before === undefined || before.status === 'ended') return accept(undefined);
    const key = await loadKey(store, before.instanceId, before.keyId);
    if (key === undefined) throw new PermanentError('the key of a drill is not there');
    const now = clock.now();
    const drill = endDrill(before, await mailsOf(store, before), now);
    if (drill === undefined) return accept(undefined);
    const people = await loadPeople(store, reference.instanceId);
    const committed = await commitKeyChange(context, {
      key,
      now,
      events: [
        { action: 'countersign.drill.end', actor: COUNTERSIGN, outcome: 'success', data: summaryOf(drill) },
      ],
      writes: [{ put: drillItem(drill, now), when: [drillAsRead(before)] }, ...reportWrites(drill, people)],
    });
    return committed ? accept(undefined) : undefined;
  });
}

async function mailsOf(
  store: Store,
  { instanceId, participants }: Drill,
): Promise<ReadonlyMap<string, DrillMail>> {
  const rows = await Promise.all(
    participants.map(({ mailId }) => store.get(peopleMailKey(instanceId, mailId))),
  );
  return new Map(
    rows.flatMap((row) => (row === undefined ? [] : [mailOfItem(row)])).map(({ id, status }) => [id, status]),
  );
}

/** In the audit trail: who is ready, and who is not, by the ids that events name people by. */
function summaryOf({ id, participants }: EndedDrill) {
  const of = (result: ReturnType<typeof resultOf>) =>
    participants
      .filter((one) => resultOf(one) === result)
      .map(({ personId }) => personId)
      .join(' ') || undefined;
  return {
    drill: id,
    asked: participants.length,
    ready: of('ready'),
    notAble: of('not-able'),
    silent: of('silent'),
    notReached: of('not-reached'),
  };
}

function reportWrites(drill: EndedDrill, people: readonly Person[]): readonly Write[] {
  const { instanceId, startedBy, endedAt: at, keyName, participants } = drill;
  const starter = people.find(({ id }) => id === startedBy);
  const by = starter === undefined ? BY_SCHEDULE : displayNameOf(starter);
  const results = participants.map((one) => ({
    email: one.email,
    result: resultOf(one),
    ...confirmedOf(one),
  }));
  const facts = { person: by, at, drill: { keyName, results } };
  return people
    .filter(isAsked)
    .map(({ id, email }) =>
      peopleMail({ instanceId, personId: id, to: email, template: 'drill-ended', facts }, at),
    );
}

const confirmedOf = ({ confirmation }: DrillParticipant) =>
  confirmation === undefined ? {} : { at: confirmation.at, withCredential: confirmation.withCredential };
