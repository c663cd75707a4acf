import { createHash } from 'node:crypto';
import { type ExternalIdentity, type Person, type PersonId, personId } from '../../domain/person.ts';
import type { ItemKey, Store, Write } from '../../ports/store.ts';
import { recordOf } from './attributes.ts';

/** Which person of which instance an issuer's identity is. */
export interface Binding {
  readonly instanceId: string;
  readonly personId: PersonId;
}

/** Under a hash: a subject can be long, and holds any character. */
const partitionOf = ({ issuer, subject }: ExternalIdentity): string =>
  `identity#${createHash('sha256').update(personId(issuer, subject)).digest('hex')}`;

export const identityKey = (identity: ExternalIdentity, instanceId: string): ItemKey => ({
  table: 'main',
  partition: partitionOf(identity),
  sort: instanceId,
});

/**
 * The writes by which an identity is one person's in an instance and no other's, from the person as they were to them as
 * they are; `undefined` for whoever was not there, or is gone.
 */
export function identityWrites(before: Person | undefined, after: Person | undefined): readonly Write[] {
  const former = before && keyOf(before);
  const next = after && keyOf(after);
  if (former?.partition === next?.partition) return [];
  return [
    ...(former === undefined ? [] : [{ delete: former, when: [isOf(before?.id ?? '')] }]),
    ...(next === undefined || after === undefined
      ? []
      : [
          {
            put: { ...next, attributes: { instanceId: after.instanceId, personId: after.id } },
            when: [{ item: 'absent' } as const],
          },
        ]),
  ];
}

const keyOf = ({ signsInAs, instanceId }: Person): ItemKey | undefined =>
  signsInAs && identityKey(signsInAs, instanceId);

const isOf = (id: PersonId) => ({ attribute: 'personId', is: 'equal', value: id }) as const;

/** Holds while the identity is this person's. */
export const stillBound = (identity: ExternalIdentity, binding: Binding): Write => ({
  check: identityKey(identity, binding.instanceId),
  when: [isOf(binding.personId)],
});

/** Who the identity is in this instance; undefined where it is nobody. */
export async function loadBinding(
  store: Store,
  identity: ExternalIdentity,
  instanceId: string,
): Promise<Binding | undefined> {
  const item = await store.get(identityKey(identity, instanceId));
  return item && recordOf<Binding>(item);
}

/** Who the identity is in each instance. An installation has few instances. */
export async function loadBindings(store: Store, identity: ExternalIdentity): Promise<readonly Binding[]> {
  const page = await store.query({ table: 'main', partition: partitionOf(identity), limit: 1000 });
  return page.items.map((item) => recordOf<Binding>(item));
}
