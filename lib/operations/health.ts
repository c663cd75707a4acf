import { mayCall } from '../domain/access.ts';
import type { CheckpointPayload } from '../domain/checkpoint.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Store } from '../ports/store.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import type { InstallationSeen } from './installation.ts';
import type { Check } from './readiness.ts';
import { loadCheckpoint, loadCheckpointList } from './records/checkpoint.ts';
import type { UndeliveredStatus } from './records/mail.ts';
import { undeliveredRows } from './undelivered-mails.ts';

/** How it is with what serves the instance, for its Managers. Holds no secret and nothing of other instances. */
export interface Health {
  /** What serving requests needs. Where the platform watches that (AWS), the store alone, which has answered. */
  readonly checks: readonly Check[];
  /** Absent where no process knows the installation (AWS). */
  readonly process?: InstallationSeen & { readonly version: string; readonly startedAt: EpochMillis };
  /** Mails of this instance that were tried without success, counted up to `MOST_COUNTED` of a kind. */
  readonly undelivered: { readonly [status in UndeliveredStatus]: number };
  /** When this instance's chains were last signed for; absent before the first time. */
  readonly lastCheckpoint?: EpochMillis;
}

/** @throws TransientError when the store does not answer: then nothing can be said. */
export async function readHealth(context: Context, caller: Caller): Promise<Decision<Health>> {
  const { store, readiness, installation } = context;
  if (!mayCall(caller.person, 'manageInstance')) return refuse('access-denied');
  const { id } = caller.instance;
  const [checks, seen, due, givenUp, lastCheckpoint] = await Promise.all([
    readiness?.check() ?? [{ name: 'store', status: 'ok' } as const],
    installation?.look(),
    undeliveredRows(store, id, 'due'),
    undeliveredRows(store, id, 'given-up'),
    lastCheckpointOf(store, id),
  ]);
  return accept({
    checks,
    ...(installation !== undefined &&
      seen !== undefined && {
        process: { ...seen, version: installation.version, startedAt: installation.startedAt },
      }),
    undelivered: { due: due.length, 'given-up': givenUp.length },
    ...(lastCheckpoint !== undefined && { lastCheckpoint }),
  });
}

async function lastCheckpointOf(store: Store, instanceId: string): Promise<EpochMillis | undefined> {
  const list = await loadCheckpointList(store, instanceId);
  if (list === undefined || list.sequence === 0) return undefined;
  const checkpoint = await loadCheckpoint(store, instanceId, list.sequence);
  // What was signed, as this very program wrote it: it is told, not relied on.
  const payload = checkpoint?.jws.split('.')[1];
  return payload === undefined
    ? undefined
    : (JSON.parse(Buffer.from(payload, 'base64url').toString()) as CheckpointPayload).at;
}
