import type { ChangeRequest, Difference } from '../domain/change-request.ts';
import type { Instance, InstancePolicies } from '../domain/instance.ts';
import { isManagerOfAnything } from '../domain/membership.ts';
import { displayNameOf, type Person } from '../domain/person.ts';
import { policyDifferences } from '../domain/policies-in-words.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { PeopleFacts, PeopleTemplate } from '../mails/people-templates.ts';
import type { Write } from '../ports/store.ts';
import { peopleMail } from './people-mails.ts';

/** Who does it; nobody, where time or the operator does. */
interface Doing {
  readonly by?: Person | undefined;
  readonly now: EpochMillis;
}

/** Tells every Manager that a second one is needed; for the transaction that asks. */
export const changeRequestedMails = (
  people: readonly Person[],
  request: ChangeRequest,
  { by, now }: Doing,
): readonly Write[] =>
  toManagers(
    people,
    'change-requested',
    {
      ...factsOf(request, { by, now }),
      until: request.windowEndsAt,
      ...(request.reason !== undefined && { note: request.reason }),
    },
    request.instanceId,
  );

/** Tells every Manager how it ended; for the transaction that ends it. */
export function changeEndedMails(
  people: readonly Person[],
  request: ChangeRequest,
  { by, now }: Doing,
): readonly Write[] {
  if (request.status === 'pending') return [];
  const { status: changeEnd, note, unexpected } = request;
  const facts = {
    ...factsOf(request, { by, now }),
    changeEnd,
    ...(note !== undefined && { note }),
    ...(unexpected === true && { unexpected }),
  };
  return toManagers(people, 'change-ended', facts, request.instanceId);
}

/** The same of all that a later request takes the place of, in one mail: a transaction has room for so many. */
export function supersededMails(
  people: readonly Person[],
  [first, ...others]: readonly ChangeRequest[],
  doing: Doing,
): readonly Write[] {
  if (first === undefined) return [];
  const differences = [first, ...others].flatMap((one) => one.differences);
  return changeEndedMails(people, { ...first, differences }, doing);
}

/** Tells every Manager what of the instance was changed at once; for the transaction that does it. */
export const settingsChangedMails = (
  people: readonly Person[],
  { id, name }: Pick<Instance, 'id' | 'name'>,
  changes: readonly Difference[],
  { by, now }: Doing,
): readonly Write[] =>
  toManagers(
    people,
    'settings-changed',
    { person: name, changes, ...(by !== undefined && { by: displayNameOf(by) }), at: now },
    id,
  );

const factsOf = ({ subject, differences, id }: ChangeRequest, { by, now }: Doing): PeopleFacts => ({
  person: subject,
  changes: differences,
  changeRequest: id,
  ...(by !== undefined && { by: displayNameOf(by) }),
  at: now,
});

/** Each address once, as of before the change; at most 20. */
function toManagers(
  people: readonly Person[],
  template: PeopleTemplate,
  facts: PeopleFacts,
  instanceId: string,
): readonly Write[] {
  const managers = people.filter((person) => isManagerOfAnything(person) && person.email !== '');
  const each = [...new Map(managers.map((person) => [person.email, person])).values()];
  return each.map(({ id, email }) =>
    peopleMail({ instanceId, personId: id, to: email, template, facts }, facts.at),
  );
}

/** The same of the instance's policies, which one Manager writes in Key Protect's way. */
export const policiesChangedMails = (
  people: readonly Person[],
  { instance, after }: { readonly instance: Instance; readonly after: InstancePolicies },
  doing: Doing,
): readonly Write[] => settingsChangedMails(people, instance, policyDifferences(instance, after), doing);
