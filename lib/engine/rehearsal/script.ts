import type { Definition } from '../definition.ts';

/** How one attempt of a task ends, `afterSeconds` after it began (0 where it does not say). */
export type Scripted = {
  readonly afterSeconds?: number;
  /** For a task that waits for its token: when heartbeats are sent, in seconds after it began to wait. */
  readonly heartbeatsAtSeconds?: readonly number[];
} & (
  | { readonly return: unknown }
  | { readonly throw: { readonly error?: string; readonly cause?: string } }
  | { readonly never: true }
);

/** By state: one entry an attempt, running on when the state is entered again; the last is repeated. */
export type Script = { readonly [state: string]: readonly Scripted[] };

/** A script or an input that does not fit the definition. `message` is one line for who wrote it. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/** @throws ScriptError when a task has no entry, or an entry is of a state that answers nothing. */
export function checkScript(script: Script, { states }: Definition): void {
  const tasks = [...states.values()].flatMap((state) => (state.type === 'Task' ? [state] : []));
  const entriesOf = (name: string) => (Object.hasOwn(script, name) ? (script[name] ?? []) : []);
  const without = tasks.filter(({ name }) => entriesOf(name).length === 0);
  if (without.length > 0) {
    throw new ScriptError(`the results have no entry for ${quoted(without.map(({ name }) => name))}`);
  }
  // Of states that are not there it may hold entries: one script serves a definition before and after a change.
  const strange = Object.keys(script).filter((name) => (states.get(name)?.type ?? 'Task') !== 'Task');
  if (strange.length > 0) {
    throw new ScriptError(`the results have entries for ${quoted(strange)}: only a Task answers`);
  }
  const silent = tasks.find(
    ({ name, integration }) =>
      !(integration.kind === 'lambda' && integration.callback) &&
      entriesOf(name).some(({ heartbeatsAtSeconds }) => heartbeatsAtSeconds !== undefined),
  );
  if (silent !== undefined) {
    throw new ScriptError(`the results send heartbeats to ${quoted([silent.name])}, which has no task token`);
  }
}

const quoted = (names: readonly string[]): string =>
  `the state${names.length === 1 ? '' : 's'} ${names.map((name) => JSON.stringify(name)).join(', ')}`;

/** What is next for a state; counts its attempts. */
export function prompter(script: Script): (state: string) => Scripted {
  const attempts = new Map<string, number>();
  return (state) => {
    const attempt = attempts.get(state) ?? 0;
    attempts.set(state, attempt + 1);
    const entries = script[state] ?? [];
    return entries[attempt] ?? entries.at(-1) ?? { never: true };
  };
}
