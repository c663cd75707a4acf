import type { Key } from './key.ts';
import type { EpochMillis } from './time.ts';

/** The dates by which lists of keys are filtered and sorted, by Key Protect's names; a key may lack all but two. */
export const KEY_DATES: { readonly [name in KeyDate]: (key: Key) => EpochMillis | undefined } = {
  creationDate: ({ createdAt }) => createdAt,
  lastUpdateDate: ({ updatedAt }) => updatedAt,
  lastRotateDate: ({ versions }) => (versions.length > 1 ? versions[0]?.createdAt : undefined),
  deletionDate: ({ deletedAt }) => deletedAt,
  expirationDate: ({ expiresAt }) => expiresAt,
};

export type KeyDate =
  | 'creationDate'
  | 'lastUpdateDate'
  | 'lastRotateDate'
  | 'deletionDate'
  | 'expirationDate';

export const isKeyDate = (name: string): name is KeyDate => Object.hasOwn(KEY_DATES, name);

/** A date as answers show it: in whole seconds. What is compared is what is shown. */
export const secondOf = (at: EpochMillis): number => Math.floor(at / 1_000);
