/**
 * A part of the order of all events: a restored backup begins the next one, which goes on from where the backup ends. What
 * the part before had after that is not in this order.
 */
export interface Epoch {
  /** Random: an epoch that was lost with a restore is never taken for another. */
  readonly id: string;
  /** The position of the last event that it shares with the epoch before; 0 in the first. */
  readonly beginsAfter: number;
}

/** How far somebody has read the order of events, and of which epoch that order was. */
export interface EventCursor {
  readonly epoch: string;
  readonly position: number;
}

/** Before the first event, whatever the epoch. */
export const BEGINNING = '0';

const CURSOR = /^([\da-f]{16})-(\d{1,15})$/;

export const cursorText = ({ epoch, position }: EventCursor): string => `${epoch}-${position}`;

/** Undefined for what is no cursor. The beginning is of no epoch, and so of each. */
export function readCursor(text: string): EventCursor | 'beginning' | undefined {
  if (text === BEGINNING) return 'beginning';
  const [, epoch, position] = CURSOR.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, position: Number(position) };
}

/**
 * From where a reader has to go on so that they miss nothing: where they are or, when a restored backup has taken that away,
 * the last event that both orders have. Of an epoch that nobody knows any more nothing is known to be shared.
 * @param epochs the oldest first.
 */
export function whereToGoOn(
  { epoch, position }: EventCursor,
  epochs: readonly Epoch[],
): { readonly position: number; readonly restored: boolean } {
  const at = epochs.findIndex(({ id }) => id === epoch);
  if (at === -1) return { position: 0, restored: true };
  const shared = Math.min(...epochs.slice(at + 1).map(({ beginsAfter }) => beginsAfter), position);
  return { position: shared, restored: shared < position };
}
