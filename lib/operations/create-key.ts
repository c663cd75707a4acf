import { randomBytes, randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import { MANAGERS_NEEDED, managersOver } from '../domain/approval.ts';
import { chainEvents, NO_EVENTS } from '../domain/audit.ts';
import type { Policies, Policy } from '../domain/instance.ts';
import { mayComeIntoBeing } from '../domain/instance-policies.ts';
import { ACTIVE, type Key } from '../domain/key.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { type ImportEncryption, importMaterial } from './import-material.ts';
import { attributesOf } from './records/attributes.ts';
import { eventItem } from './records/event.ts';
import { aliasItem, keyItem, keyPartition } from './records/key.ts';
import { countInKeyRing } from './records/key-ring.ts';
import { type MaterialRecord, materialContext, materialKey } from './records/material.ts';
import { loadPeople } from './records/person.ts';
import { firstPolicies, type PolicyOverrides } from './written-policies.ts';

/** With what replaces the instance's policies (Key Protect: keys_with_policy_overrides). */
export interface NewKey extends PolicyOverrides {
  readonly name: string;
  /** True: a standard key, whose material can be read. False: a root key. */
  readonly extractable: boolean;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly aliases?: readonly string[];
  /** Material to import; absent: 256 random bits are made. */
  readonly payload?: Uint8Array;
  /** How the payload is encrypted, where it is: then it is a root key's. */
  readonly encryption?: ImportEncryption;
  readonly expiresAt?: EpochMillis;
}

export interface KeyWithPayload {
  readonly key: Key;
  /** The material; standard keys only. */
  readonly payload?: Uint8Array;
}

const GENERATED_BYTES = 32;

/**
 * Creates a key with its first version. The material is sealed before it is stored. The key takes on the
 * instance's policies as they are at this moment.
 */
export async function createKey(
  context: Context,
  { person, instance, keyRingId = DEFAULT_KEY_RING }: Caller,
  request: NewKey,
): Promise<Decision<KeyWithPayload>> {
  if (!mayCall(person, 'createKey', { keyRingId })) return refuse('access-denied');
  const traits = { extractable: request.extractable, imported: request.payload !== undefined };
  const allowed = mayComeIntoBeing(instance, { ...traits, encrypted: request.encryption !== undefined });
  if (!allowed.ok) return allowed;
  if (request.dualAuthDelete === true) {
    const managers = managersOver(await loadPeople(context.store, instance.id), { keyRingId });
    if (managers < MANAGERS_NEEDED) return refuse('approver-missing');
  }
  const now = context.clock.now();
  const author = { by: person.id, now };
  const policies = firstPolicies(instance, request, { key: traits, author });
  if (!policies.ok) return policies;
  const brought = await materialOf(context, instance.id, request);
  if (!brought.ok) return brought;
  const material = brought.value;
  const creation = {
    instanceId: instance.id,
    keyRingId,
    person,
    request,
    policies: policies.value,
    now,
    from: context.correlationId,
  };
  const { key, events } = firstVersion(creation, material);
  const inRing = countInKeyRing(instance.id, keyRingId, 1);
  const result = await context.store.commit([
    { put: keyItem(key), when: [{ item: 'absent' }] },
    ...inRing,
    ...key.aliases.map((alias): Write => ({ put: aliasItem(key, alias), when: [{ item: 'absent' }] })),
    await materialWrite(context, key, material),
    ...events.map(
      (event): Write => ({ put: eventItem(keyPartition(key.instanceId, key.id), event), when: [] }),
    ),
  ]);
  if (!result.committed) {
    return refuse(inRing.length > 0 && result.failed.includes(1) ? 'key-ring-not-found' : 'alias-in-use');
  }
  return accept(request.extractable ? { key, payload: material } : { key });
}

async function materialOf(
  context: Context,
  instanceId: string,
  { payload, encryption, extractable }: NewKey,
): Promise<Decision<Uint8Array>> {
  if (payload === undefined) return accept(randomBytes(GENERATED_BYTES));
  if (encryption === undefined) return accept(payload);
  return extractable
    ? refuse('import-not-root')
    : importMaterial(context, instanceId, { payload, encryption });
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
  readonly keyRingId: string;
  readonly person: Person;
  readonly request: NewKey;
  readonly policies: Policies;
  readonly now: EpochMillis;
  /** The API request that the key is made by. */
  readonly from: string | undefined;
}

function firstVersion(creation: Creation, material: Uint8Array) {
  const { instanceId, keyRingId, person, request, policies, now, from } = creation;
  const id = randomUUID();
  const { payload, encryption, aliases = [], dualAuthDelete: _, rotation: __, ...given } = request;
  const draft = {
    action: 'kms.secrets.create',
    actor: person.id,
    outcome: 'success',
    data: {
      keyState: ACTIVE,
      keyRingId,
      dualAuthDelete: policies.dualAuthDelete?.enabled ?? false,
      ...(payload !== undefined && { importedEncrypted: encryption !== undefined }),
    },
  } as const;
  const { events, head } = chainEvents(NO_EVENTS, [draft], {
    at: now,
    digest: sha256,
    correlationId: from,
  });
  const key: Key = {
    ...given,
    id,
    instanceId,
    aliases: [...new Set(aliases)],
    keyRingId,
    state: ACTIVE,
    imported: payload !== undefined,
    bitLength: material.length * 8,
    versions: [{ id, createdAt: now }],
    createdAt: now,
    createdBy: person.id,
    updatedAt: now,
    ...policies,
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
