import { gzipSync } from 'node:zlib';
import { canonicalJson } from '../domain/canonical.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import type { Archive } from '../ports/archive.ts';
import type { ClosedExecutions, NamedExecution } from '../ports/closed-executions.ts';
import type { Store } from '../ports/store.ts';
import { readEvents } from './evidence/chains.ts';
import type { Reference } from './records/authorization.ts';

export interface Archiving {
  readonly store: Store;
  readonly executions: ClosedExecutions;
  readonly archive: Archive;
}

/** Ids that this program makes: nothing else becomes a part of a name. */
const ID = /^[\w-]{1,64}$/;
const EXECUTION_NAME = /^[\w-]{1,80}$/;

/**
 * Keeps an execution that has closed, and the chain of its key's events as it is then: gzip'd JSON lines, the first of
 * them the execution as one machine exports it, the others as they stand in the evidence (docs/evidence.md). It is
 * kept once: whoever repeats it changes nothing.
 *
 * @returns the name that it is kept under.
 * @throws TransientError when it can be repeated; PermanentError for an execution that is none of this program's.
 */
export async function archiveExecution(
  { store, executions, archive }: Archiving,
  executionArn: string,
): Promise<string> {
  const execution = await executions.read(executionArn);
  if (execution === undefined) throw new TransientError('the execution is not known, or has not closed');
  const name = archivedName(execution);
  const lines = [JSON.stringify(execution), ...(await chainLines(store, referenceIn(execution)))];
  await archive.keep(name, gzipSync(`${lines.join('\n')}\n`));
  return name;
}

/**
 * What an execution is kept under.
 * @throws PermanentError for an execution that is none of this program's.
 */
export function archivedName(execution: NamedExecution): string {
  const { instanceId, keyId, authorizationId } = referenceIn(execution);
  const { name, redriveCount = 0 } = execution;
  if (!EXECUTION_NAME.test(name)) throw new PermanentError('the execution has a name of somebody else’s');
  // One that went on after it had closed has closed once more: what was kept before stays beside it.
  const ending = redriveCount === 0 ? '' : `.redriven-${redriveCount}`;
  return `${instanceId}/${keyId}/${authorizationId}/${name}${ending}.jsonl.gz`;
}

function referenceIn({ input }: NamedExecution): Reference {
  const { instanceId, keyId, authorizationId } = Object(input) as Partial<Reference>;
  if (!isId(instanceId) || !isId(keyId) || !isId(authorizationId))
    throw new PermanentError('the execution has no authorization in its input');
  return { instanceId, keyId, authorizationId };
}

const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);

/** The whole chain of the key up to now, so that its hashes can be followed from the beginning. */
async function chainLines(store: Store, { instanceId, keyId }: Reference): Promise<readonly string[]> {
  const lines: string[] = [];
  let position: Parameters<typeof readEvents>[2] | undefined = { at: 'events', chain: keyId };
  while (position !== undefined) {
    const { lines: read, next }: Awaited<ReturnType<typeof readEvents>> = await readEvents(
      store,
      { instanceId, filter: { key: keyId } },
      position,
    );
    lines.push(...read.map(canonicalJson));
    position = next.at === 'events' ? next : undefined;
  }
  return lines;
}
