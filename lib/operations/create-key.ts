import { randomBytes, randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import { chainEvents, NO_EVENTS } from '../domain/audit.ts';
import type { Policy } from '../domain/instance.ts';
import { ACTIVE, type Key } from '../domain/key.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { attributesOf } from './records/attributes.ts';
import { eventItem } from './records/event.ts';
import { aliasItem, keyItem, keyPartition } from './records/key.ts';
import { type MaterialRecord, materialContext, materialKey } from './records/material.ts';

export interface NewKey {
  readonly name: string;
  /** True: a standard key, whose material can be read. False: a root key. */
  readonly extractable: boolean;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly aliases?: readonly string[];
  /** Material to import; absent: 256 random bits are made. */
  readonly payload?: Uint8Array;
  readonly expiresAt?: EpochMillis;
  /** Replaces what the instance's policy says (Key Protect: keys_with_policy_overrides). */
  readonly dualAuthDelete?: boolean;
}

export interface KeyWithPayload {
  readonly key: Key;
  /** The material; standard keys only. */
  readonly payload?: Uint8Array;
}

const GENERATED_BYTES = 32;

/**
 * Creates a key with its first version. The material is sealed before it is stored. The key takes on the
 * instance's dual-authorization policy as it is at this moment.
 */
export async function createKey(
  context: Context,
  { person, instance }: Caller,
  request: NewKey,
): Promise<Decision<KeyWithPayload>> {
  if (!mayCall(person, 'createKey')) return refuse('access-denied');
  const now = context.clock.now();
  const enabled = request.dualAuthDelete ?? instance.dualAuthDelete?.enabled;
  const policy = enabled === undefined ? undefined : newPolicy(enabled, person, now);
  const material = request.payload ?? randomBytes(GENERATED_BYTES);
  const { key, events } = firstVersion({ instanceId: instance.id, person, request, policy, now }, material);
  const result = await context.store.commit([
    { put: keyItem(key), when: [{ item: 'absent' }] },
    ...key.aliases.map((alias): Write => ({ put: aliasItem(key, alias), when: [{ item: 'absent' }] })),
    await materialWrite(context, key, material),
    ...events.map(
      (event): Write => ({ put: eventItem(keyPartition(key.instanceId, key.id), event), when: [] }),
    ),
  ]);
  if (!result.committed) return refuse('alias-in-use');
  return accept(request.extractable ? { key, payload: material } : { key });
}

/** A policy as somebody writes it for the first time. */
export const newPolicy = (enabled: boolean, by: Pick<Person, 'id'>, now: EpochMillis): Policy => ({
  id: randomUUID(),
  enabled,
  createdAt: now,
  createdBy: by.id,
  updatedAt: now,
  updatedBy: by.id,
});

interface Creation {
  readonly instanceId: string;
  readonly person: Person;
  readonly request: NewKey;
  readonly policy: Policy | undefined;
  readonly now: EpochMillis;
}

function firstVersion({ instanceId, person, request, policy, now }: Creation, material: Uint8Array) {
  const id = randomUUID();
  const { payload, aliases = [], dualAuthDelete: _, ...given } = request;
  const draft = {
    action: 'kms.secrets.create',
    actor: person.id,
    outcome: 'success',
    data: { keyState: ACTIVE, dualAuthDelete: policy?.enabled ?? false },
  } as const;
  const { events, head } = chainEvents(NO_EVENTS, [draft], { at: now, digest: sha256 });
  const key: Key = {
    ...given,
    id,
    instanceId,
    aliases: [...new Set(aliases)],
    keyRingId: 'default',
    state: ACTIVE,
    imported: payload !== undefined,
    bitLength: material.length * 8,
    versions: [{ id, createdAt: now }],
    createdAt: now,
    createdBy: person.id,
    updatedAt: now,
    ...(policy !== undefined && { dualAuthDelete: policy }),
    lossVersion: 1,
    stopVersion: 0,
    ...head,
  };
  return { key, events };
}

async function materialWrite({ sealer }: Context, key: Key, material: Uint8Array): Promise<Write> {
  const sealed = await sealer.seal(material, materialContext(key.id, key.id));
  return {
    put: {
      ...materialKey(key.instanceId, key.id),
      attributes: attributesOf({ versions: { [key.id]: sealed } } satisfies MaterialRecord),
    },
    when: [{ item: 'absent' }],
  };
}
