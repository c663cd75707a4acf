import type { ChoiceState, FailState, Leaving, WaitState } from './definition.ts';
import {
  type Execution,
  failExecution,
  leave,
  type Rest,
  type Step,
  scopeOf,
  type Visit,
} from './execution.ts';
import { EvaluationError, evaluate, type Scope, type Template, wrongType } from './expression.ts';
import { LONGEST_SECONDS } from './limits.ts';
import { parseTimestamp } from './states.ts';

/** Leaves a state whose output, unless it says otherwise, is its input. */
export const passThrough = (execution: Execution, visit: Visit, leaving: Leaving): Promise<Step> =>
  leave(execution, leaving, { scope: scopeOf(execution, visit), passed: visit.input });

export async function choose(execution: Execution, visit: Visit, state: ChoiceState): Promise<Step> {
  const scope = scopeOf(execution, visit);
  for (const rule of state.rules) {
    const holds = await evaluate(rule.condition, scope, rule.location);
    if (typeof holds !== 'boolean') {
      throw wrongType(rule.condition, rule.location, { value: holds, expected: 'boolean' });
    }
    if (holds) return passThrough(execution, visit, rule);
  }
  if (state.otherwise !== undefined) return passThrough(execution, visit, state.otherwise);
  const cause = `An error occurred while executing the state '${state.name}' (entered at the event id #${visit.enteredEvent}). No choice matched and there is no Default.`;
  return failExecution(execution, { error: 'States.NoChoiceMatched', cause });
}

export async function waitUntil(execution: Execution, visit: Visit, { until }: WaitState): Promise<Rest> {
  const scope = scopeOf(execution, visit);
  if (until.field === 'Seconds') {
    const seconds = await evaluateSeconds(until.value, scope, { field: 'Seconds', least: 0 });
    return { kind: 'timer', until: execution.at + seconds * 1_000 };
  }
  const text = await evaluate(until.value, scope, 'Timestamp');
  if (typeof text !== 'string')
    throw wrongType(until.value, 'Timestamp', { value: text, expected: 'string' });
  const at = parseTimestamp(text);
  if (at === undefined) {
    const message = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`;
    throw new EvaluationError('States.QueryEvaluationError', 'Timestamp', { message, afterEntering: true });
  }
  return { kind: 'timer', until: at };
}

/** @throws EvaluationError when it is not a whole number of seconds within the language's bounds. */
export async function evaluateSeconds(
  template: Template,
  scope: Scope,
  { field, least }: { readonly field: string; readonly least: number },
): Promise<number> {
  const value = await evaluate(template, scope, field);
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= LONGEST_SECONDS) {
    return value;
  }
  throw wrongType(template, field, { value, expected: 'integer' });
}

export async function failOnPurpose(execution: Execution, visit: Visit, state: FailState): Promise<Rest> {
  const scope = scopeOf(execution, visit);
  const error = await evaluateText(state.error, scope, 'Error');
  const cause = await evaluateText(state.cause, scope, 'Cause');
  return failExecution(execution, { error, cause });
}

async function evaluateText(template: Template | undefined, scope: Scope, field: string) {
  if (template === undefined) return undefined;
  const text = await evaluate(template, scope, field);
  if (typeof text !== 'string') throw wrongType(template, field, { value: text, expected: 'string' });
  return text;
}
