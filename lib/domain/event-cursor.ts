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
  /** Absent: the first one. That is what the beginning is of, and what was read before cursors named an epoch. */
  readonly epoch?: string;
  readonly position: number;
}

/** Before the first event. */
export const BEGINNING = '0';

const CURSOR = /^(?:([\da-f]{16})-)?(\d{1,15})$/;

export const cursorText = ({ epoch, position }: Required<EventCursor>): string => `${epoch}-${position}`;

/** Undefined for what is no cursor. */
export function readCursor(text: string): EventCursor | undefined {
  const [whole, epoch, position] = CURSOR.exec(text) ?? [];
  if (whole === undefined) return undefined;
  return { position: Number(position), ...(epoch !== undefined && { epoch }) };
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
  const at = epoch === undefined ? 0 : epochs.findIndex(({ id }) => id === epoch);
  if (at === -1) return { position: 0, restored: true };
  const shared = Math.min(...epochs.slice(at + 1).map(({ beginsAfter }) => beginsAfter), position);
  return { position: shared, restored: shared < position };
}
