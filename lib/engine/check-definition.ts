import { DefinitionError } from './api.ts';
import { isObject } from './fields.ts';
import { loadDefinition } from './load-definition.ts';
import { loadState } from './states.ts';

/**
 * Everything that keeps the engine from running a definition, as far as one look tells: of each state every field
 * that is wrong, then what is wrong between the states. Empty when `openEngine` would take it.
 */
export function problemsOf(document: object): readonly DefinitionError[] {
  const states = 'States' in document && isObject(document.States) ? document.States : {};
  const found = Object.entries(states).flatMap(([name, body]) => problemsOfState(name, body));
  const first = refused(() => loadDefinition(document));
  if (first === undefined || found.some(({ message }) => message === first.message)) return found;
  return [first, ...found];
}

/** A loader stops at the first problem: without the field that has it, it finds the next one. */
function problemsOfState(name: string, body: unknown): readonly DefinitionError[] {
  const problems: DefinitionError[] = [];
  let rest = body;
  for (;;) {
    const attempt = rest;
    const problem = refused(() => loadState(name, attempt));
    const field = problem?.field.split('/', 1)[0] ?? '';
    // Missing, or missing because it was taken out: nothing more can be seen.
    if (problem === undefined || (problems.length > 0 && !has(rest, field))) return problems;
    problems.push(problem);
    if (!isObject(rest) || !has(rest, field)) return problems;
    rest = Object.fromEntries(Object.entries(rest).filter(([other]) => other !== field));
  }
}

const has = (body: unknown, field: string): boolean => isObject(body) && Object.hasOwn(body, field);

function refused(load: () => unknown): DefinitionError | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    if (error instanceof DefinitionError) return error;
    throw error;
  }
}
