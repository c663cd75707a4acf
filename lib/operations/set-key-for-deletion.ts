import { randomUUID } from 'node:crypto';
import type { Key } from '../domain/key.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { requestDeletion } from '../domain/request.ts';
import type { StartingCommit, Write } from '../ports/store.ts';
import { waitFor } from './attempts.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { inputOf } from './execution-input.ts';
import { permittedKey } from './read-keys.ts';
import { loadAuthorization, loadRefusedRequest, type Reference } from './records/authorization.ts';
import { keyPartition } from './records/key.ts';
import { loadPeople } from './records/person.ts';
import { requestItem } from './records/request.ts';
import { currentAuthorization, executionName } from './transition.ts';

export interface SetRequest {
  readonly reason?: string;
  readonly ticket?: string;
  /** SHA-256 of what would be lost, as it was seen: where it is something else by now, the request is refused. */
  readonly lossDigest?: string;
}

/**
 * The first authorization (Key Protect: setKeyForDeletion, "schedule"). Checks, starts the execution, and answers
 * when its first step has recorded the authorization; a repeat after `still-working` is harmless.
 */
export async function setKeyForDeletion(
  context: Context,
  caller: Caller,
  idOrAlias: string,
  request: SetRequest,
): Promise<Decision<void>> {
  const { store, clock } = context;
  const { person, instance } = caller;
  const found = await permittedKey(context, caller, { operation: 'setKeyForDeletion', idOrAlias });
  if (!found.ok) return found;
  const key = found.value;
  const current = await currentAuthorization(store, key);
  const people = await loadPeople(store, instance.id);
  const { serviceApprovals } = instance;
  const asked = { key, current, requester: person, people, serviceApprovals, instance };
  const decision = requestDeletion(asked, clock.now());
  if (!decision.ok) return decision;
  if (decision.value === 'repeated') return accept(undefined);
  const recorded = await requestRecording(context, key, {
    requester: person.id,
    twoPeople: true,
    ...request,
  });
  return recorded.ok ? accept(undefined) : asRetry(recorded);
}

/** Two sets by one person at the same time: the later one is the retry of the first. */
const asRetry = (recorded: Extract<Decision<unknown>, { ok: false }>): Decision<void> =>
  recorded.refusal.code === 'repeated-request' ? accept(undefined) : recorded;

export interface Recording extends SetRequest {
  readonly requester: string;
  readonly twoPeople: boolean;
  readonly force?: boolean;
  readonly decidedThrough?: 'console';
}

/**
 * Writes down who asks for what, starts the execution that records it, and waits until it has.
 * @param key as it was read before the request was accepted: its `stopVersion` is what an unset raises.
 */
export async function requestRecording(
  context: Context,
  key: Key,
  recording: Recording,
): Promise<Decision<Reference>> {
  const authorizationId = randomUUID();
  const reference = { instanceId: key.instanceId, keyId: key.id, authorizationId };
  const request = { stopVersion: key.stopVersion, ...reference, ...recording };
  const { correlationId } = context;
  const from = correlationId === undefined ? {} : { correlationId };
  const put = requestItem({ askedAt: context.clock.now(), ...request, ...from });
  await begin(context, [{ put, when: [{ item: 'absent' }] }], {
    name: executionName({ id: authorizationId, incarnation: 1 }),
    input: inputOf({ incarnation: 1, ...request }),
  });
  const answer = await waitFor(context, keyPartition(key.instanceId, key.id), () =>
    recordingOutcome(context, reference),
  );
  return answer ?? refuse('still-working');
}

/** The request comes before its execution, or with it where that can be one transaction. */
async function begin(
  { store, workflow, startingCommit }: Context,
  request: readonly Write[],
  execution: Parameters<StartingCommit>[1],
): Promise<void> {
  if (startingCommit !== undefined) {
    await startingCommit(request, execution);
    return;
  }
  await store.commit(request);
  await workflow.start(execution.name, execution.input);
}

async function recordingOutcome(
  { store }: Context,
  reference: Reference,
): Promise<Decision<Reference> | undefined> {
  if ((await loadAuthorization(store, reference)) !== undefined) return accept(reference);
  const refused = await loadRefusedRequest(store, reference);
  return refused && refuse(refused.code, refused.detail);
}
