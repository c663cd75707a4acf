import { DefinitionError } from './api.ts';
import type { Definition, State } from './definition.ts';
import { fieldsOf, isObject } from './fields.ts';
import { LONGEST_SECONDS } from './limits.ts';
import { loadState } from './states.ts';

const NAME_LENGTH = 80;

/**
 * Checks and compiles Amazon States Language.
 * @throws DefinitionError for everything that the engine does not run; names the state and field.
 */
export function loadDefinition(document: object): Definition {
  const fields = fieldsOf(document, {});
  fields.only(['StartAt', 'States', 'QueryLanguage', 'Version', 'TimeoutSeconds']);
  const language = fields.has('QueryLanguage') ? fields.oneOf('QueryLanguage', ['JSONata']) : undefined;
  if (fields.has('Version')) fields.oneOf('Version', ['1.0']);
  const startAt = fields.string('StartAt');
  const bodies = Object.entries(fields.object('States'));
  if (bodies.length === 0) throw fields.refuse('States', 'must hold a state');

  const states = new Map<string, State>();
  for (const [name, body] of bodies) {
    if (name.length > NAME_LENGTH) {
      throw new DefinitionError(name, 'name', `is longer than ${NAME_LENGTH} characters`);
    }
    demandJsonata(name, body, language !== undefined);
    states.set(name, loadState(name, body));
  }
  checkTransitions(startAt, states);
  const timeoutSeconds = fields.has('TimeoutSeconds')
    ? fields.integer('TimeoutSeconds', { least: 1, most: LONGEST_SECONDS })
    : undefined;
  return { startAt, states, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
}

function demandJsonata(name: string, body: unknown, everywhere: boolean): void {
  const language = isObject(body) ? body.QueryLanguage : undefined;
  if (language === 'JSONata' || (everywhere && language === undefined)) return;
  throw new DefinitionError(name, 'QueryLanguage', 'must be JSONata, here or for the whole state machine');
}

/** Every transition leads to a state, and every state is led to. */
function checkTransitions(startAt: string, states: ReadonlyMap<string, State>): void {
  if (!states.has(startAt)) throw new DefinitionError(undefined, 'StartAt', `there is no state "${startAt}"`);
  const reached = new Set([startAt]);
  for (const name of reached) {
    const state = states.get(name);
    if (state === undefined) continue;
    for (const [field, next] of transitionsOf(state)) {
      if (!states.has(next)) throw new DefinitionError(name, field, `there is no state "${next}"`);
      reached.add(next);
    }
  }
  for (const name of states.keys()) {
    if (!reached.has(name)) throw new DefinitionError(name, 'name', 'no transition leads to this state');
  }
}

function transitionsOf(state: State): readonly (readonly [field: string, next: string])[] {
  switch (state.type) {
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Choice':
      return [
        ...state.rules.flatMap(({ next }, i) => (next ? [[`Choices/${i}/Next`, next] as const] : [])),
        ...(state.otherwise?.next ? [['Default', state.otherwise.next] as const] : []),
      ];
    case 'Task':
      return [
        ...(state.next ? [['Next', state.next] as const] : []),
        ...state.catchers.map(({ next }, i) => [`Catch/${i}/Next`, next] as const),
      ];
    case 'Pass':
    case 'Wait':
      return state.next ? [['Next', state.next]] : [];
  }
}
