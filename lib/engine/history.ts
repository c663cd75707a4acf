import type { HistoryEvent } from './api.ts';
import { MOST_EVENTS } from './limits.ts';

type Details = HistoryEvent['details'];

/** The history would exceed what Step Functions allows. */
export class HistoryFull extends Error {}

/**
 * Numbers the events of one execution. The events themselves are kept only when somebody asked for them; numbering
 * alone is what running needs.
 */
export interface History {
  /** The id that the next event gets. */
  readonly nextId: number;
  /** The id that the next event names as its previous one. */
  readonly last: number;
  readonly events: readonly HistoryEvent[];
  /** @throws HistoryFull when only the event that ends the execution still fits. */
  record(event: NewEvent, details?: () => Details): number;
}

interface NewEvent {
  readonly type: string;
  readonly at: number;
  /** Default: the event before. */
  readonly previous?: number;
}

/** @param keep whether `events` is filled. */
export const newHistory = (keep: boolean): History => new Numbering(keep);

/** A class: an object literal with getters takes several times the memory, for each execution. */
class Numbering implements History {
  nextId = 1;
  last = 0;
  readonly events: HistoryEvent[] = [];
  private readonly keep: boolean;

  constructor(keep: boolean) {
    this.keep = keep;
  }

  record({ type, at, previous = this.last }: NewEvent, details?: () => Details): number {
    const id = this.nextId;
    if (id >= MOST_EVENTS && !type.startsWith('Execution')) throw new HistoryFull();
    this.nextId += 1;
    // As recorded on AWS, the first state's entered event has no previous event.
    if (type !== 'ExecutionStarted') this.last = id;
    if (this.keep) {
      this.events.push({
        id,
        previousEventId: previous,
        type,
        timestamp: at,
        details: present(details?.() ?? {}),
      });
    }
    return id;
  }
}

/** The fields that have a value: AWS leaves out what it does not know. */
function present(details: Details): Details {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

/** A payload as events show it: a JSON string, and whether it was cut (it never is). */
export const payload = <Name extends 'input' | 'output'>(name: Name, value: unknown): Details => ({
  [name]: JSON.stringify(value),
  [`${name}Details`]: { truncated: false },
});
