import { ENDING, LOOSENING } from './kms-guard.ts';

/** Who could still delete an adopted key, or open a way to, without Countersign. */
export interface Exposure {
  /** An ARN, `*`, or `account <id>`: everybody there whom an IAM policy lets. */
  readonly principal: string;
  readonly actions: readonly string[];
  /** `ends`: they can delete the key. `loosens`: they can make it so that somebody can. */
  readonly level: 'ends' | 'loosens';
  /** Only under the statement's conditions, which are not evaluated here. */
  readonly conditional: boolean;
}

export interface Exposed {
  readonly exposures: readonly Exposure[];
  /** What of the policy cannot be read here, in words: somebody has to look at it. */
  readonly unread: readonly string[];
}

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Condition?: unknown;
  readonly Sid?: unknown;
}

const DANGEROUS: readonly string[] = [...ENDING, ...LOOSENING];

/**
 * What the policy of a key tells of who could delete it, beside the one role that may. Goes by the statements that are
 * written in it: what IAM policies let the principals of an account do is not in it, and whoever it lets use them is named
 * as the account.
 *
 * @param role the role of the step that deletes keys.
 */
export function exposuresIn(policy: string, role: string): Exposed {
  const statements = statementsOf(policy);
  if (statements === undefined) return { exposures: [], unread: ['the key policy is no policy document'] };
  const denials = statements.filter(({ Effect }) => Effect === 'Deny');
  const unread = statements.flatMap((one, i) => whyUnread(one, i));
  const exposures = statements
    .filter(({ Effect, Principal }) => Effect === 'Allow' && Principal !== undefined)
    .flatMap((statement) => {
      const actions = DANGEROUS.filter((action) => covers(statement, action));
      return principalsOf(statement.Principal).flatMap((principal) => {
        const left = actions.filter((action) => !denials.some((denial) => denies(denial, action, principal)));
        const passed = isEverybody(principal) ? passedOver(denials, actions) : [];
        return [{ principal, left }, ...passed]
          .filter((one) => one.principal !== role && one.left.length > 0)
          .map((one) => exposure(one.principal, one.left, statement));
      });
    });
  return { exposures: merged(exposures), unread };
}

function statementsOf(policy: string): readonly Statement[] | undefined {
  try {
    const parsed: unknown = JSON.parse(policy);
    const statements = isObject(parsed) ? parsed.Statement : undefined;
    const list = Array.isArray(statements) ? statements : [statements];
    return list.every(isObject) ? list : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

function whyUnread({ NotPrincipal, Sid }: Statement, index: number): readonly string[] {
  const name = typeof Sid === 'string' ? Sid : `statement ${index + 1}`;
  return NotPrincipal === undefined ? [] : [`${name} says NotPrincipal`];
}

function covers({ Action, NotAction }: Statement, action: string): boolean {
  if (NotAction !== undefined) return !textsOf(NotAction).some((pattern) => like(pattern, action));
  return textsOf(Action).some((pattern) => like(pattern, action));
}

/** IAM's wildcards; actions know no case. */
function like(pattern: string, text: string): boolean {
  const parts = pattern
    .split('*')
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('?', '.'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(text);
}

/** `arn:…:root` and a bare account id are the account: everybody in it whom an IAM policy lets. */
function principalsOf(principal: unknown): readonly string[] {
  if (principal === '*') return ['*'];
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, value]) =>
    textsOf(value).map((one) => (kind === 'AWS' ? accountOr(one) : one)),
  );
}

const accountOr = (principal: string): string => {
  const [, account] = /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(principal) ?? [];
  return account === undefined ? principal : `account ${account}`;
};

const isEverybody = (principal: string): boolean => principal === '*' || principal.startsWith('account ');

/**
 * Whom every denial of ending the key leaves out: what allows it to everybody allows it to them. Who may loosen the
 * guard is left out on purpose, and named by whoever made the policy.
 */
function passedOver(
  denials: readonly Statement[],
  actions: readonly string[],
): readonly { readonly principal: string; readonly left: readonly string[] }[] {
  return ENDING.filter((action) => actions.includes(action)).flatMap((action) => {
    const leftOut = denials
      .filter((denial) => covers(denial, action) && principalsOf(denial.Principal).includes('*'))
      .map(({ Condition }) => leftOutBy(Condition))
      .filter((list) => list !== undefined);
    const [first = [], ...others] = leftOut;
    return first
      .filter((one) => others.every((list) => list.includes(one)))
      .map((principal) => ({ principal, left: [action] }));
  });
}

/** Whether it holds for this principal: denied to everybody but those whom its condition names, or to itself. */
function denies(denial: Statement, action: string, principal: string): boolean {
  if (!covers(denial, action)) return false;
  const to = principalsOf(denial.Principal);
  if (!to.includes('*') && !to.includes(principal)) return false;
  const leftOut = leftOutBy(denial.Condition);
  return leftOut !== undefined && !leftOut.includes(principal);
}

const NOT = new Set(['ArnNotEquals', 'ArnNotLike', 'StringNotEquals', 'StringNotLike']);

/**
 * Whom a denial leaves out; undefined where it has another condition, under which it may not hold at all, or leaves out
 * whom a wildcard covers (`ArnNotEquals` takes them as `ArnNotLike` does): that can be everybody.
 */
function leftOutBy(condition: unknown): readonly string[] | undefined {
  if (condition === undefined) return [];
  if (!isObject(condition)) return undefined;
  const named = Object.entries(condition).map(([operator, keys]) => {
    const names = NOT.has(operator) && isObject(keys) ? Object.entries(keys) : [];
    const [only, ...others] = names;
    return only?.[0].toLowerCase() === 'aws:principalarn' && others.length === 0
      ? textsOf(only[1])
      : undefined;
  });
  const [only, ...others] = named;
  return others.length > 0 || only?.some((one) => /[*?]/.test(one)) ? undefined : only;
}

const exposure = (principal: string, actions: readonly string[], { Condition }: Statement): Exposure => ({
  principal,
  actions,
  level: actions.some((action) => ENDING.some((one) => one === action)) ? 'ends' : 'loosens',
  conditional: Condition !== undefined,
});

/** One line a principal: what any statement lets them do. */
function merged(exposures: readonly Exposure[]): readonly Exposure[] {
  const byPrincipal = new Map<string, Exposure>();
  for (const one of exposures) {
    const before = byPrincipal.get(one.principal);
    byPrincipal.set(one.principal, {
      ...one,
      actions: [...new Set([...(before?.actions ?? []), ...one.actions])].sort(),
      level: before?.level === 'ends' ? 'ends' : one.level,
      conditional: one.conditional && before?.conditional !== false,
    });
  }
  return [...byPrincipal.values()];
}
