import type { External } from '../../domain/external-key.ts';
import type { Key } from '../../domain/key.ts';
import type { Item, Store } from '../../ports/store.ts';
import { sha256 } from '../caller.ts';
import { attributesOf, recordOf } from './attributes.ts';

/** Which key of ours stands for one that lives elsewhere. */
export interface AdoptedKey {
  readonly instanceId: string;
  readonly keyId: string;
  readonly providerName: string;
  readonly reference: string;
}

const LIST = 'adopted';
const PAGE = 1_000;

/**
 * One key of the installation for each that lives elsewhere, for good: were there another one, in an instance without a
 * policy, one person could delete what two have to.
 */
export function adoptionItem({ id, instanceId }: Key, { providerName, reference }: External): Item {
  const record: AdoptedKey = { instanceId, keyId: id, providerName, reference };
  return {
    table: 'main',
    partition: `adopted#${sha256(`${providerName} ${reference}`)}`,
    sort: 'adopted',
    attributes: attributesOf(record),
    indexes: { list: { partition: LIST, sort: `${instanceId}#${id}` } },
  };
}

/** All of them, in every instance. */
export async function adoptedKeys(store: Store): Promise<readonly AdoptedKey[]> {
  const all: AdoptedKey[] = [];
  let after: string | undefined;
  do {
    const page = await store.query({
      table: 'main',
      index: 'list',
      partition: LIST,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    all.push(...page.items.map((item) => recordOf<AdoptedKey>(item)));
    after = page.cursor;
  } while (after !== undefined);
  return all;
}
