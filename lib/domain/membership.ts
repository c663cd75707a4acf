import { MANAGERS_NEEDED, managersOver } from './approval.ts';
import type { Instance } from './instance.ts';
import { holdsAnywhere, MOST_MANAGERS, type Person } from './person.ts';
import type { RefusalCode } from './refusal.ts';

/**
 * Why the people of an instance cannot become these. With the policy on, two Managers must stay, or no deletion could
 * ever be approved; one must stay always. An instance that has fewer can still get more.
 */
export function whyNotMembers(
  before: readonly Person[],
  after: readonly Person[],
  { dualAuthDelete }: Pick<Instance, 'dualAuthDelete'>,
): Extract<RefusalCode, 'last-managers' | 'too-many-managers'> | undefined {
  const needed = dualAuthDelete?.enabled === true ? MANAGERS_NEEDED : 1;
  const left = managersOver(after);
  if (left < needed && left < managersOver(before)) return 'last-managers';
  const managers = managersOfAnything(after);
  if (managers > MOST_MANAGERS && managers > managersOfAnything(before)) return 'too-many-managers';
  return undefined;
}

/** Services are not counted: they are told of nothing. */
const managersOfAnything = (people: readonly Person[]): number => people.filter(isManagerOfAnything).length;

export const isManagerOfAnything = (person: Person): boolean =>
  person.kind === 'user' && holdsAnywhere(person, ['Manager']);

/** Everybody, with this one as they are to be. */
export const withPerson = (people: readonly Person[], person: Person): readonly Person[] => [
  ...people.filter(({ id }) => id !== person.id),
  person,
];
