/** The part of a template that policies are read from. */
interface Policies {
  ofType(
    type: string,
  ): readonly { readonly id: string; readonly Properties: { readonly [name: string]: unknown } }[];
  readonly resolve: (value: unknown) => string;
}

export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Conditions;
  /** Only in a resource's policy. */
  readonly principals?: readonly string[];
}

type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Request {
  readonly action: string;
  readonly resource: string;
  /** Condition keys as the service fills them. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Every statement of the identity policies of a role. */
export function statementsOf(stack: Policies, role: string): readonly Statement[] {
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

/** Every statement of the policy of a table, a key, a queue, a topic, a bucket or an event bus: it stands beside what a caller's own policies say. */
export function resourceStatementsOf(stack: Policies, type: string, id: string): readonly Statement[] {
  const resource = stack.ofType(type).find((one) => one.id === id);
  const { ResourcePolicy, KeyPolicy, PolicyDocument, Statement } = (resource?.Properties ?? {}) as {
    ResourcePolicy?: { PolicyDocument: Document };
    KeyPolicy?: Document;
    PolicyDocument?: Document;
    Statement?: Record<string, unknown>;
  };
  const document = KeyPolicy ?? ResourcePolicy?.PolicyDocument ?? PolicyDocument;
  // Of an event bus: one statement.
  const statements = document?.Statement ?? (Statement === undefined ? [] : [Statement]);
  return statements.map(({ Principal, ...statement }) => ({
    ...read(stack, statement),
    principals: principalsOf(stack, Principal),
  }));
}

interface Document {
  readonly Statement: readonly Record<string, unknown>[];
}

/** `*`, an ARN, or a service. */
function principalsOf(stack: Policies, principal: unknown): readonly string[] {
  if (typeof principal === 'string') return [principal];
  return Object.values(principal as object).flatMap((value) => list(value).map((one) => stack.resolve(one)));
}

function read({ resolve }: Policies, statement: Record<string, unknown>): Statement {
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

function matches({ actions, resources, conditions, principals }: Statement, request: Request): boolean {
  return (
    (principals === undefined || principals.some((one) => one === '*' || one === principalIn(request))) &&
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
    case 'ForAnyValue:StringEquals':
      return actual !== undefined && values.includes(actual);
    case 'StringLike':
      return actual !== undefined && values.some((pattern) => like(pattern, actual));
    case 'Null':
      return values.includes(String(actual === undefined));
    case 'Bool':
      return actual !== undefined && values.includes(actual);
    case 'ArnLike':
      return actual !== undefined && values.some((pattern) => like(pattern, actual));
    case 'ArnNotEquals':
      // Also true when the request has no such key.
      return actual === undefined || !values.includes(actual);
    case 'ForAnyValue:StringNotLike':
      return actual !== undefined && !values.some((pattern) => like(pattern, actual));
    case 'ForAllValues:StringLike':
      // Also true when the request has no such key.
      return actual === undefined || values.some((pattern) => like(pattern, actual));
    default:
      throw new Error(`the evaluator does not know ${operator}`);
  }
}

/** Who asks; only what stands in a condition on it, or as the account, counts here. */
const principalIn = ({ context }: Request): string => context?.['aws:PrincipalAccount'] ?? '';

const like = (pattern: string, text: string): boolean => {
  const parts = pattern.split(/([*?])/).map((part) => {
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 's').test(text);
};
