import { randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import { MANAGERS_NEEDED, managersOver } from '../domain/approval.ts';
import { chainEvents, NO_EVENTS } from '../domain/audit.ts';
import {
  type External,
  type ExternalFacts,
  isPendingWindow,
  isReference,
  MOST_PENDING_DAYS,
  REFERENCE_RULES,
  sayProvider,
} from '../domain/external-key.ts';
import { ACTIVE, type Key } from '../domain/key.ts';
import { DEFAULT_KEY_RING } from '../domain/key-ring.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Write } from '../ports/store.ts';
import { type Caller, sha256 } from './caller.ts';
import type { Context } from './context.ts';
import { factsThere } from './providers.ts';
import { adoptionItem } from './records/adoption.ts';
import { eventItem } from './records/event.ts';
import { aliasItem, keyItem, keyPartition } from './records/key.ts';
import { countInKeyRing } from './records/key-ring.ts';
import { loadPeople } from './records/person.ts';
import { firstPolicies } from './written-policies.ts';

export interface Adoption {
  readonly name: string;
  readonly description?: string;
  readonly aliases?: readonly string[];
  /** `aws-kms`, or the name of a remote Key Protect. */
  readonly providerName: string;
  /** Which key it is there. */
  readonly reference: string;
  /** AWS KMS: 7 to 30 days; 30 unless it is given. */
  readonly pendingWindowDays?: number;
}

/** States in which a key there can be adopted: others are going, or not yet there. */
const ADOPTABLE: ReadonlySet<string> = new Set([
  'Enabled',
  'Disabled',
  'PendingImport',
  'Unavailable',
  'Active',
  'Suspended',
  'Deactivated',
]);

/**
 * Makes a key that stands for one that lives elsewhere: it has no material here, wraps nothing, and its deletion deletes
 * that key. The provider is asked first, so that a key that it does not let us delete is not adopted. Two people delete it,
 * whatever the instance's policy is: or one Manager could switch that off, adopt a key that others made, and delete it.
 * @throws TransientError when the provider does not answer now.
 */
export async function adoptKey(
  context: Context,
  { person, instance, keyRingId = DEFAULT_KEY_RING }: Caller,
  adoption: Adoption,
): Promise<Decision<{ readonly key: Key; readonly facts: ExternalFacts }>> {
  if (!mayCall(person, 'adoptKey', { keyRingId })) return refuse('access-denied');
  const external = externalOf(context, adoption);
  if (!external.ok) return external;
  const facts = await factsThere(context, { external: external.value });
  if (!facts.ok) return facts;
  if (facts.value === undefined || !ADOPTABLE.has(facts.value.state)) {
    return refuse('provider-refused', `${sayProvider(external.value)}: the key is ${facts.value?.state}`);
  }
  const now = context.clock.now();
  const traits = { extractable: false, imported: true };
  const policies = firstPolicies(
    instance,
    { dualAuthDelete: true, rotation: 'none' },
    { key: traits, author: { by: person.id, now } },
  );
  if (!policies.ok) return policies;
  const managers = managersOver(await loadPeople(context.store, instance.id), { keyRingId });
  if (managers < MANAGERS_NEEDED) return refuse('approver-missing');
  const id = randomUUID();
  const draft = {
    action: 'countersign.key.adopt',
    actor: person.id,
    outcome: 'success',
    data: {
      keyState: ACTIVE,
      keyRingId,
      dualAuthDelete: true,
      provider: external.value.providerName,
      reference: external.value.reference,
      pendingWindowDays: external.value.pendingWindowDays,
    },
  } as const;
  const { events, head } = chainEvents(NO_EVENTS, [draft], { at: now, digest: sha256 });
  const key: Key = {
    id,
    instanceId: instance.id,
    name: adoption.name,
    ...(adoption.description !== undefined && { description: adoption.description }),
    aliases: [...new Set(adoption.aliases ?? [])],
    keyRingId,
    state: ACTIVE,
    ...traits,
    bitLength: 256,
    versions: [{ id, createdAt: now }],
    createdAt: now,
    createdBy: person.id,
    updatedAt: now,
    ...policies.value,
    external: external.value,
    lossVersion: 1,
    stopVersion: 0,
    ...head,
  };
  const inRing = countInKeyRing(instance.id, keyRingId, 1);
  const writes: readonly Write[] = [
    { put: keyItem(key), when: [{ item: 'absent' }] },
    { put: adoptionItem(key, external.value), when: [{ item: 'absent' }] },
    ...inRing,
    ...key.aliases.map((alias): Write => ({ put: aliasItem(key, alias), when: [{ item: 'absent' }] })),
    ...events.map((event): Write => ({ put: eventItem(keyPartition(key.instanceId, id), event), when: [] })),
  ];
  const result = await context.store.commit(writes);
  if (result.committed) return accept({ key, facts: facts.value });
  if (result.failed.includes(1)) return refuse('adopted-already');
  return refuse(inRing.length > 0 && result.failed.includes(2) ? 'key-ring-not-found' : 'alias-in-use');
}

function externalOf({ providers = {} }: Context, adoption: Adoption): Decision<External> {
  const { providerName, reference, pendingWindowDays } = adoption;
  const provider = Object.hasOwn(providers, providerName) ? providers[providerName] : undefined;
  if (provider === undefined) return refuse('provider-unknown');
  const { kind } = provider;
  if (!isReference(kind, reference)) {
    return refuse('provider-refused', `The field \`reference\` must be: ${REFERENCE_RULES[kind]}`);
  }
  if (kind === 'key-protect') return accept({ provider: kind, providerName, reference });
  const days = pendingWindowDays ?? MOST_PENDING_DAYS;
  return isPendingWindow(days)
    ? accept({ provider: kind, providerName, reference, pendingWindowDays: days })
    : refuse('provider-refused', 'The field `pendingWindowDays` must be: 7 to 30');
}
