import type {
  Catcher,
  ChoiceState,
  Integration,
  Leaving,
  Retrier,
  Rule,
  State,
  StateType,
  TaskState,
  WaitState,
} from './definition.ts';
import { expressionIn } from './expression.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { LONGEST_SECONDS } from './limits.ts';

const TASK_FIELDS = [
  'Resource',
  'Arguments',
  'TimeoutSeconds',
  'HeartbeatSeconds',
  'Retry',
  'Catch',
  'Output',
  'Assign',
  'Next',
  'End',
];

type Load = (name: string, fields: Fields) => State;

/** What each state type may hold beside Type, Comment and QueryLanguage, and how it is loaded. */
const TYPES: { readonly [type in StateType]: { readonly fields: readonly string[]; readonly load: Load } } = {
  Task: {
    fields: TASK_FIELDS,
    load: loadTask,
  },
  Choice: { fields: ['Choices', 'Default', 'Output', 'Assign'], load: loadChoice },
  Wait: { fields: ['Seconds', 'Timestamp', 'Output', 'Assign', 'Next', 'End'], load: loadWait },
  Pass: {
    fields: ['Output', 'Assign', 'Next', 'End'],
    load: (name, fields) => ({ type: 'Pass', name, ...leaving(fields), ...nextOf(fields) }),
  },
  Succeed: { fields: ['Output'], load: (name, fields) => ({ type: 'Succeed', name, ...outputOf(fields) }) },
  Fail: { fields: ['Error', 'Cause'], load: loadFail },
};

/** Fields of JSONPath, by what replaces them. */
const JSONPATH: Readonly<Record<string, string>> = {
  InputPath: 'is JSONPath; use $states.input',
  OutputPath: 'is JSONPath; use Output',
  ResultPath: 'is JSONPath; use Output',
  ResultSelector: 'is JSONPath; use Output',
  Parameters: 'is JSONPath; use Arguments',
  Result: 'is JSONPath; use Output',
  TimeoutSecondsPath: 'is JSONPath; use TimeoutSeconds',
  HeartbeatSecondsPath: 'is JSONPath; use HeartbeatSeconds',
  SecondsPath: 'is JSONPath; use Seconds',
  TimestampPath: 'is JSONPath; use Timestamp',
  ErrorPath: 'is JSONPath; use Error',
  CausePath: 'is JSONPath; use Cause',
  Variable: 'is JSONPath; use Condition',
};

/** @throws DefinitionError */
export function loadState(name: string, body: unknown): State {
  const fields = fieldsOf(body, { state: name });
  const type = fields.oneOf('Type', ['Task', 'Choice', 'Wait', 'Pass', 'Succeed', 'Fail']);
  fields.only(['Type', 'QueryLanguage', ...TYPES[type].fields], JSONPATH);
  return TYPES[type].load(name, fields);
}

function outputOf(fields: Fields): Pick<Leaving, 'output'> {
  const output = fields.template('Output');
  return output === undefined ? {} : { output };
}

// Developer guide, "Passing data between states with variables": up to 80 Unicode characters, no leading digit.
const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

// jsonata would set a frame's prototype by the second.
const RESERVED = new Set(['states', '__proto__']);

function leaving(fields: Fields): Pick<Leaving, 'output' | 'assign'> {
  if (!fields.has('Assign')) return outputOf(fields);
  for (const variable of Object.keys(fields.object('Assign'))) {
    if (!VARIABLE_NAME.test(variable) || RESERVED.has(variable)) {
      throw fields.refuse(`Assign/${variable}`, 'is not a name that a variable can have');
    }
  }
  const assign = fields.template('Assign');
  return { ...outputOf(fields), ...(assign === undefined ? {} : { assign }) };
}

function nextOf(fields: Fields): Pick<Leaving, 'next'> {
  if (fields.true('End')) {
    if (fields.has('Next')) throw fields.refuse('Next', 'cannot stand together with End');
    return {};
  }
  return { next: fields.string('Next') };
}

function loadTask(name: string, fields: Fields): TaskState {
  const integration = integrationOf(fields);
  const args = fields.template('Arguments');
  if (integration.kind === 'lambda') checkInvokeArguments(fields);
  const timeout = seconds(fields, 'TimeoutSeconds', 1);
  const heartbeat = seconds(fields, 'HeartbeatSeconds', 1);
  if (
    timeout?.kind === 'constant' &&
    heartbeat?.kind === 'constant' &&
    Number(heartbeat.value) >= Number(timeout.value)
  ) {
    throw fields.refuse('HeartbeatSeconds', 'must be less than TimeoutSeconds');
  }
  return {
    type: 'Task',
    name,
    integration,
    ...(args === undefined ? {} : { arguments: args }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    retriers: fields.list('Retry').map(loadRetrier),
    catchers: fields.list('Catch').map(loadCatcher),
    ...leaving(fields),
    ...nextOf(fields),
  };
}

const INVOKE = /^arn:aws[a-z-]*:states:::lambda:(invoke|invoke\.waitForTaskToken)$/;
const FUNCTION = /^arn:aws[a-z-]*:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$/;
const FUNCTION_NAME = /^[A-Za-z0-9_-]+$/;

function integrationOf(fields: Fields): Integration {
  const resource = fields.string('Resource');
  const invoke = INVOKE.exec(resource)?.[1];
  if (invoke === 'invoke') return { kind: 'lambda', resource: invoke, callback: false };
  if (invoke === 'invoke.waitForTaskToken') return { kind: 'lambda', resource: invoke, callback: true };
  if (FUNCTION.test(resource) || FUNCTION_NAME.test(resource)) {
    return { kind: 'function', functionName: resource };
  }
  throw fields.refuse('Resource', `${resource} is not supported: lambda:invoke or a function's ARN are`);
}

/** Arguments may be one expression; then they are checked when it is evaluated. */
function checkInvokeArguments(fields: Fields): void {
  if (!fields.has('Arguments')) throw fields.refuse('Arguments', 'is missing');
  if (fields.template('Arguments')?.kind === 'expression') return;
  const invoke = fieldsOf(fields.object('Arguments'), { ...fields.place, path: 'Arguments' });
  invoke.only(INVOKE_ARGUMENTS);
  invoke.string('FunctionName');
}

/** What lambda:invoke takes here, of the Invoke API's parameters. */
export const INVOKE_ARGUMENTS = ['FunctionName', 'Payload'];

/** A number of seconds, or an expression for one. */
function seconds(fields: Fields, name: string, least: number) {
  const template = fields.template(name);
  if (template?.kind === 'constant') fields.integer(name, { least, most: LONGEST_SECONDS });
  return template;
}

const RETRIER_FIELDS = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];
// Amazon States Language: "MaxDelaySeconds … greater than 0 and less than 31622400".
const LONGEST_DELAY = 31_622_399;

function loadRetrier(fields: Fields, position: number, all: readonly Fields[]): Retrier {
  fields.only(RETRIER_FIELDS);
  const optional = <T>(name: string, read: (name: string) => T, absent: T): T =>
    fields.has(name) ? read(name) : absent;
  const positive = (name: string) => fields.integer(name, { least: 1, most: LONGEST_SECONDS });
  const maxDelaySeconds = fields.has('MaxDelaySeconds')
    ? fields.integer('MaxDelaySeconds', { least: 1, most: LONGEST_DELAY })
    : undefined;
  return {
    errors: errorNames(fields, position === all.length - 1),
    // Amazon States Language, "Retrying after error": the defaults.
    intervalSeconds: optional('IntervalSeconds', positive, 1),
    maxAttempts: optional('MaxAttempts', (n) => fields.integer(n, { least: 0, most: LONGEST_SECONDS }), 3),
    backoffRate: optional('BackoffRate', (n) => fields.number(n, { least: 1 }), 2),
    ...(maxDelaySeconds === undefined ? {} : { maxDelaySeconds }),
    jitter: optional('JitterStrategy', (n) => fields.oneOf(n, ['FULL', 'NONE']), 'NONE') === 'FULL',
  };
}

function loadCatcher(fields: Fields, position: number, all: readonly Fields[]): Catcher {
  fields.only(['ErrorEquals', 'Next', 'Output', 'Assign'], JSONPATH);
  return {
    errors: errorNames(fields, position === all.length - 1),
    next: fields.string('Next'),
    ...leaving(fields),
  };
}

function errorNames(fields: Fields, isLast: boolean): readonly string[] {
  const names = fields.strings('ErrorEquals');
  if (names.includes('States.ALL') && (names.length > 1 || !isLast)) {
    throw fields.refuse('ErrorEquals', 'States.ALL must stand alone, in the last entry');
  }
  return names;
}

function loadChoice(name: string, fields: Fields): ChoiceState {
  const rules = fields.list('Choices').map(loadRule);
  if (rules.length === 0) throw fields.refuse('Choices', 'must hold a rule');
  const otherwise = fields.has('Default')
    ? { otherwise: { next: fields.string('Default'), ...leaving(fields) } }
    : {};
  return { type: 'Choice', name, rules, ...otherwise };
}

function loadRule(fields: Fields, position: number): Rule {
  fields.only(['Condition', 'Next', 'Output', 'Assign'], JSONPATH);
  const condition = fields.template('Condition');
  if (condition === undefined) throw fields.refuse('Condition', 'is missing');
  const literal = condition.kind === 'constant' && typeof condition.value === 'boolean';
  if (condition.kind !== 'expression' && !literal) {
    throw fields.refuse('Condition', 'must be an expression, true or false');
  }
  return {
    condition,
    location: `Choices/${position}/Condition`,
    next: fields.string('Next'),
    ...leaving(fields),
  };
}

function loadWait(name: string, fields: Fields): WaitState {
  const given = (['Seconds', 'Timestamp'] as const).filter((field) => fields.has(field));
  const [field] = given;
  if (field === undefined || given.length > 1) {
    throw fields.refuse('Seconds', 'a Wait has either Seconds or Timestamp');
  }
  const value = field === 'Seconds' ? seconds(fields, field, 0) : timestamp(fields);
  if (value === undefined) throw fields.refuse(field, 'is missing');
  return { type: 'Wait', name, until: { field, value }, ...leaving(fields), ...nextOf(fields) };
}

function timestamp(fields: Fields) {
  const text = fields.string('Timestamp');
  if (expressionIn(text) === undefined && parseTimestamp(text) === undefined) {
    throw fields.refuse('Timestamp', `must be a time like 2026-01-31T12:00:00Z, not ${text}`);
  }
  return fields.template('Timestamp');
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** An ISO 8601 extended offset date-time in milliseconds since 1970, or undefined. */
export function parseTimestamp(text: string): number | undefined {
  const at = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

function loadFail(name: string, fields: Fields): State {
  const error = optionalText(fields, 'Error');
  const cause = optionalText(fields, 'Cause');
  return { type: 'Fail', name, ...(error ? { error } : {}), ...(cause ? { cause } : {}) };
}

function optionalText(fields: Fields, name: string) {
  const template = fields.template(name);
  if (template?.kind === 'constant' && typeof template.value !== 'string') fields.string(name);
  return template;
}
