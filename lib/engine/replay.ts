import type { Definition } from './definition.ts';
import type { Execution } from './execution.ts';
import { decodeFacts } from './facts.ts';
import { chance } from './functions.ts';
import { newHistory } from './history.ts';
import type { ExecutionRow, Journal, Standing, Tail } from './journal.ts';
import { loadDefinition } from './load-definition.ts';
import { apply, statusOf, wakeTime } from './machine.ts';
import { taskToken } from './token.ts';

/** An execution in memory together with how its journal ends. */
export interface Loaded {
  readonly execution: Execution;
  readonly tail: Tail;
}

/** Makes executions from the journal: each by the definition that it started with. */
export interface Replay {
  /** One without facts yet. */
  blank(identity: Identity, keepEvents?: boolean): Execution;
  /**
   * @param keepEvents whether `execution.history.events` is filled.
   * @throws Error when the journal does not replay: it is damaged.
   */
  load(row: ExecutionRow, keepEvents?: boolean): Promise<Loaded>;
}

export type Identity = Pick<ExecutionRow, 'id' | 'name' | 'definition'>;

export function replayFrom(journal: Pick<Journal, 'key' | 'definition' | 'factsOf'>): Replay {
  const compiled = new Map<number, { readonly stateMachine: string; readonly definition: Definition }>();
  const definitionOf = (id: number) => {
    const known = compiled.get(id);
    if (known !== undefined) return known;
    const { stateMachine, document } = journal.definition(id);
    const loaded = { stateMachine, definition: loadDefinition(document) };
    compiled.set(id, loaded);
    return loaded;
  };

  const blank = (identity: Identity, keepEvents = false): Execution => {
    const { id, name } = identity;
    const { stateMachine, definition } = definitionOf(identity.definition);
    return {
      id,
      name,
      stateMachine,
      definition,
      history: newHistory(keepEvents),
      chance: chance(journal.key, `${id} ${name}`),
      tokenFor: remembered((scheduledEvent) =>
        taskToken(journal.key, name, { execution: id, scheduledEvent }),
      ),
      startedAt: 0,
      input: undefined,
      described: undefined,
      at: 0,
      variables: {},
      visit: undefined,
      rest: { kind: 'new' },
    };
  };

  return {
    blank,
    async load(row, keepEvents) {
      const execution = blank(row, keepEvents);
      for (const fact of decodeFacts(journal.factsOf(row))) await apply(execution, fact);
      // A heartbeat is no fact: the row alone knows how long it keeps the task alive.
      if (execution.rest.kind === 'callback' && row.wake !== null) {
        execution.rest = { ...execution.rest, wakeAt: row.wake };
      }
      return { execution, tail: { parts: row.parts, length: row.facts.length } };
    },
  };
}

/** A token is made when it is handed over and again when it comes back. */
function remembered(tokenFor: Execution['tokenFor']): Execution['tokenFor'] {
  let last: { readonly scheduledEvent: number; readonly token: string } | undefined;
  return (scheduledEvent) => {
    if (last?.scheduledEvent !== scheduledEvent) last = { scheduledEvent, token: tokenFor(scheduledEvent) };
    return last.token;
  };
}

/** How an execution stands in its row. */
export function standingOf(execution: Execution): Standing {
  const status = statusOf(execution);
  if (status !== 'RUNNING') return { status, wake: null };
  // 0 means that a function is to be called; a time before 1970 is as overdue as 1.
  const wakeAt = wakeTime(execution);
  return { status, wake: wakeAt === undefined ? 0 : Math.max(1, wakeAt) };
}
