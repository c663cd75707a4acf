import { ACTIVE, DEACTIVATED, DESTROYED, type Key, SUSPENDED } from '../../../domain/key.ts';
import type { EpochMillis } from '../../../domain/time.ts';
import type { Html } from '../../layout.ts';
import { tag } from '../parts.ts';

type Tone = Parameters<typeof tag>[1];

/** Key states as people read them, by Key Protect's numbers. */
const STATES: { readonly [state in Key['state']]: readonly [words: string, tone: Tone] } = {
  [ACTIVE]: ['active', 'good'],
  [SUSPENDED]: ['disabled', 'waiting'],
  [DEACTIVATED]: ['expired', 'waiting'],
  [DESTROYED]: ['destroyed', 'quiet'],
};

export const stateTag = ({ state }: Pick<Key, 'state'>): Html => tag(...STATES[state]);

export const stateWords = (state: Key['state']): string => STATES[state][0];

export const kindWords = ({ extractable }: Pick<Key, 'extractable'>): string =>
  extractable ? 'standard key' : 'root key';

/** Until when the key is set for deletion, if it is at this moment. */
export const setUntil = (key: Key, now: EpochMillis): EpochMillis | undefined =>
  key.state !== DESTROYED && key.setForDeletionUntil !== undefined && now < key.setForDeletionUntil
    ? key.setForDeletionUntil
    : undefined;
