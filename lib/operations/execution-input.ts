import type { PersonId } from '../domain/person.ts';
import type { Value } from '../ports/store.ts';
import type { Reference } from './records/authorization.ts';

/** What an execution starts with, and all that it carries of the request. */
export interface ExecutionInput extends Reference {
  readonly incarnation: number;
  readonly requester: PersonId;
  /** False: a deletion by one person, of a key without the policy. */
  readonly twoPeople: boolean;
  /** The key's, read before the request was accepted: an unset since then stops the request. */
  readonly stopVersion: number;
  /** One person's deletion: also although resources are registered with the key. */
  readonly force?: boolean;
  readonly reason?: string;
  readonly ticket?: string;
  /** SHA-256 of what would be lost, as whoever asks has seen it: of anything else the request is refused. */
  readonly lossDigest?: string;
  /** One person's deletion: asked for in the console. Absent: through the API. */
  readonly decidedThrough?: 'console';
}

export const inputOf = (input: ExecutionInput): { readonly [name: string]: Value | undefined } => ({
  ...input,
});
