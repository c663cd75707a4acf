import type { Instance } from '../domain/instance.ts';
import type { Person } from '../domain/person.ts';

/**
 * A trial ends when nobody is left whose API key was printed in a terminal: each of them has claimed another one by a
 * mailed link, or was removed. What is to be written of the instance then; undefined when it stays as it is.
 * @param people everybody, as they were read.
 * @param after the one of them who changes, as they are then.
 */
export function endOfTrial(
  instance: Instance,
  people: readonly Person[],
  after: Person,
): { readonly trial: false } | undefined {
  const others = people.filter(({ id }) => id !== after.id);
  const goesOn = [...others, after].some(
    ({ status, keyShownIn }) => status !== 'removed' && keyShownIn === 'terminal',
  );
  return instance.trial && !goesOn ? { trial: false } : undefined;
}
