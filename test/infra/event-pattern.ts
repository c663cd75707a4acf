import { deployed } from './physical.ts';
import type { Resource, Synthesized } from './synthesized.ts';

/** A rule's pattern with the names that a deployment would put in. */
export const deployedPattern = (stack: Synthesized, rule: Resource): object =>
  deployed(stack, rule.Properties.EventPattern) as object;

/** Whether an event fits a pattern, by what of EventBridge's comparisons stands in those of this stack. */
export function fits(pattern: object, event: unknown): boolean {
  return Object.entries(pattern).every(([name, inner]) => {
    if (name === '$or') return (inner as readonly object[]).some((one) => fits(one, event));
    const value: unknown = Reflect.get(Object(event), name);
    if (!Array.isArray(inner)) return [value].flat().some((one) => fits(inner as object, one));
    return [value].flat().some((one) => inner.some((wanted) => equals(wanted, one)));
  });
}

function equals(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if (typeof value !== 'string') return false;
  const [comparison, operand = ''] = Object.entries(wanted)[0] ?? [];
  switch (comparison) {
    case 'prefix':
      return value.startsWith(operand);
    case 'suffix':
      return value.endsWith(operand);
    case 'anything-but':
      return value !== operand;
    default:
      throw new Error(`the matcher does not know ${String(comparison)}`);
  }
}
