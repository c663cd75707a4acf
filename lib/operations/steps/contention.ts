import { PermanentError, TransientError } from '../../domain/errors.ts';
import type { Decision } from '../../domain/refusal.ts';

/**
 * A step's answer. A step has no caller to refuse to: contention is repeated by the workflow, anything else is a
 * mistake of ours.
 * @throws TransientError when others changed the key again and again.
 */
export function transientIfContended<T>(decision: Decision<T>): T {
  if (decision.ok) return decision.value;
  const { code } = decision.refusal;
  if (code === 'conflict') throw new TransientError('the key was changed by others again and again');
  throw new PermanentError(`a step was refused: ${code}`);
}
