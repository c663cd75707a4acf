import type { Synthesized } from './synthesized.ts';

export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Conditions;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Request {
  readonly action: string;
  readonly resource: string;
  /** Condition keys as the service fills them. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Every statement of the identity policies of a role. */
export function statementsOf(stack: Synthesized, role: string): readonly Statement[] {
  return stack
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      (Properties.Roles as readonly { Ref: string }[]).some(({ Ref }) => Ref === role),
    )
    .flatMap(({ Properties }) => {
      const { Statement } = Properties.PolicyDocument as { Statement: readonly Record<string, unknown>[] };
      return Statement.map((statement) => read(stack, statement));
    });
}

function read({ resolve }: Synthesized, statement: Record<string, unknown>): Statement {
  const known = ['Action', 'Condition', 'Effect', 'Resource', 'Sid'];
  const unknown = Object.keys(statement).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`the evaluator does not know ${unknown.join()}`);
  const operators = Object.entries((statement.Condition ?? {}) as Record<string, Record<string, unknown>>);
  return {
    effect: String(statement.Effect),
    actions: list(statement.Action).map(resolve),
    resources: list(statement.Resource).map(resolve),
    conditions: Object.fromEntries(
      operators.map(([operator, keys]) => [
        operator,
        Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, list(value).map(resolve)])),
      ]),
    ),
  };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Whether IAM would allow the request: an Allow matches and no Deny does. */
export function allowed(statements: readonly Statement[], request: Request): boolean {
  const effects = statements.filter((statement) => matches(statement, request)).map(({ effect }) => effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function matches({ actions, resources, conditions }: Statement, request: Request): boolean {
  return (
    actions.some((pattern) => like(pattern.toLowerCase(), request.action.toLowerCase())) &&
    resources.some((pattern) => like(pattern, request.resource)) &&
    Object.entries(conditions).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, request.context?.[key], values)),
    )
  );
}

function holds(operator: string, actual: string | undefined, values: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return actual !== undefined && values.includes(actual);
    case 'StringLike':
      return actual !== undefined && values.some((pattern) => like(pattern, actual));
    case 'ForAllValues:StringLike':
      // Also true when the request has no such key.
      return actual === undefined || values.some((pattern) => like(pattern, actual));
    default:
      throw new Error(`the evaluator does not know ${operator}`);
  }
}

const like = (pattern: string, text: string): boolean => {
  const parts = pattern.split(/([*?])/).map((part) => {
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 's').test(text);
};
