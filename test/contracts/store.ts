import { afterAll, beforeAll, describe } from 'vitest';
import type { Store } from '../../lib/ports/store.ts';
import { describeConditions } from './store/conditions.ts';
import { describeLimits } from './store/limits.ts';
import { describeModel } from './store/model.ts';
import { describeQueries } from './store/queries.ts';
import { describeRaces } from './store/races.ts';
import { describeWrites } from './store/writes.ts';

export interface StoreContract {
  /** Opens one store for the whole suite; undefined skips the suite. */
  readonly open: (() => Promise<{ readonly store: Store; close(): Promise<void> }>) | undefined;
}

/** What every adapter of the `Store` port does, sentence by sentence of the port. */
export function describeStore(name: string, { open }: StoreContract): void {
  describe.skipIf(open === undefined)(`the ${name} store`, () => {
    let opened: { readonly store: Store; close(): Promise<void> } | undefined;
    beforeAll(async () => {
      opened = await open?.();
    });
    afterAll(() => opened?.close());
    const subject = (): Store => {
      if (opened === undefined) throw new Error('the store is not open');
      return opened.store;
    };

    describe('reads and writes', () => describeWrites(subject));
    describe('conditions', () => describeConditions(subject));
    describe('queries', () => describeQueries(subject));
    describe('limits', () => describeLimits(subject));
    describe('races', () => describeRaces(subject));
    describe('any history', () => describeModel(subject));
  });
}
