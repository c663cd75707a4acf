import type { Node } from 'constructs';

/** A setting that cannot be used; `message` is one line that says which, and what it may be. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
}

/** @throws ContextError that names the context, what it is and what it may be. */
export function check(name: string, value: unknown, valid: boolean, allowed: string): void {
  if (!valid) throw new ContextError(`context "${name}" is ${JSON.stringify(value)}, and must be ${allowed}`);
}

/** A text of the context; an empty one counts as absent, so that `-c name=` takes one of `cdk.json` away. */
export function text(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new ContextError(`context "${name}" must be a text, and is ${JSON.stringify(value)}`);
}

/** A whole number: as such in `cdk.json`, in digits on the command line. */
export function amount(
  node: Node,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const valid = Number.isInteger(number) && Number(number) >= least && Number(number) <= most;
  check(name, value, valid, `a whole number from ${least} to ${most}`);
  return Number(number);
}

/** One of a few values, written as they are. */
export function oneOf<const T extends string | number>(
  node: Node,
  name: string,
  values: readonly T[],
): T | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || value === null || value === '') return undefined;
  const found = values.find((one) => one === value || String(one) === value);
  check(name, value, found !== undefined, `one of ${values.join(', ')}`);
  return found;
}
