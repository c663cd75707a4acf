import { ACCESS } from '../domain/access.ts';
import type { AuditAction } from '../domain/audit.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { Key } from '../domain/key.ts';
import { grantsOver, type Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import {
  afterRegistration,
  mayChangeRegistrations,
  mayRegister,
  merge,
  type Registering,
  type Registration,
  type RegistrationInput,
  register,
} from '../domain/registration.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { reloadPerson, stillHolds } from './records/person.ts';
import { loadRegistration, registrationItem, registrationKey } from './records/registration.ts';

/** Which resource, and with which key. */
export interface RegistrationName {
  readonly idOrAlias: string;
  readonly resourceCrn: string;
}

export interface Registered {
  readonly registration: Registration;
  /** False: it was registered before, and is as it is told now. */
  readonly created: boolean;
}

/**
 * Registers a resource with the key that encrypts it, or replaces what was told of it before. Told the same again, it
 * changes nothing: services repeat their calls, and a repeat must not make a pending deletion drift.
 */
export function registerResource(
  context: Context,
  caller: Caller,
  name: RegistrationName,
  input: RegistrationInput,
): Promise<Decision<Registered>> {
  return attempt(context, async () => {
    const found = await find(context, caller, name);
    if (!found.ok) return found;
    const { before, registering } = found.value;
    const allowed =
      before === undefined ? mayRegister(registering.key) : mayChangeRegistrations(registering.key);
    if (!allowed.ok) return allowed;
    const after = register(registering, input, before);
    if (!after.ok) return after;
    const created = before === undefined;
    const action = created ? 'kms.registrations.create' : 'kms.registrations.write';
    const done = await write(context, found.value, { action, after: after.value });
    return done && accept({ registration: done.registration, created });
  });
}

/** Adds to what is known of a registered resource: of the members that are told, and of no other. */
export function updateRegistration(
  context: Context,
  caller: Caller,
  name: RegistrationName,
  input: RegistrationInput,
): Promise<Decision<Registration>> {
  return attempt(context, async () => {
    const found = await find(context, caller, name);
    if (!found.ok) return found;
    const { before, registering } = found.value;
    const allowed = mayChangeRegistrations(registering.key);
    if (!allowed.ok) return allowed;
    if (before === undefined) return refuse('registration-not-found');
    const after = merge(registering, input, before);
    if (!after.ok) return after;
    const done = await write(context, found.value, { action: 'kms.registrations.merge', after: after.value });
    return done && accept(done.registration);
  });
}

/** The resource does not use the key any more. */
export function unregisterResource(
  context: Context,
  caller: Caller,
  name: RegistrationName,
): Promise<Decision<void>> {
  return attempt(context, async () => {
    const found = await find(context, caller, name);
    if (!found.ok) return found;
    const { before, registering } = found.value;
    const allowed = mayChangeRegistrations(registering.key);
    if (!allowed.ok) return allowed;
    if (before === undefined) return refuse('registration-not-found');
    const { key, by, now } = registering;
    const committed = await commitKeyChange(context, {
      key,
      now,
      next: afterRegistration(key, before, undefined),
      events: [eventOf('kms.registrations.delete', by, before)],
      writes: [{ delete: registrationKey(before), when: [{ item: 'present' }] }, ...stillMay(found.value)],
    });
    return committed ? accept(undefined) : undefined;
  });
}

interface Found {
  readonly key: Key;
  readonly service: Person;
  readonly registering: Registering;
  readonly before: Registration | undefined;
}

/** By services alone (Key Protect: SERVICE_ONLY_ERR), which is told before anything about the key is. */
async function find(
  context: Context,
  caller: Caller,
  { idOrAlias, resourceCrn }: RegistrationName,
): Promise<Decision<Found>> {
  const person = await reloadPerson(context.store, caller.person);
  if (person.status === 'active' && !isService(person)) return refuse('service-only');
  const asked = { operation: 'writeRegistrations', idOrAlias } as const;
  const found = await permittedKey(context, { ...caller, person }, asked);
  if (!found.ok) return found;
  const { instanceId, id: keyId } = found.value;
  const before = await loadRegistration(context.store, { instanceId, keyId, resourceCrn });
  const registering = { key: found.value, resourceCrn, by: person.id, now: context.clock.now() };
  return accept({ key: found.value, service: person, registering, before });
}

const isService = ({ kind }: Person): boolean => kind === 'service';

interface Telling {
  readonly action: AuditAction;
  readonly after: Registration;
}

/** @returns what is registered then; undefined when somebody was quicker. */
async function write(
  context: Context,
  found: Found,
  { action, after }: Telling,
): Promise<{ readonly registration: Registration } | undefined> {
  const { registering, before } = found;
  if (before !== undefined && saysTheSame(before, after)) return { registration: before };
  const { key, by, now } = registering;
  const committed = await commitKeyChange(context, {
    key,
    now,
    next: afterRegistration(key, before, after),
    events: [eventOf(action, by, after)],
    writes: [
      { put: registrationItem(after), when: [{ item: before === undefined ? 'absent' : 'present' }] },
      ...stillMay(found),
    ],
  });
  return committed ? { registration: after } : undefined;
}

const saysTheSame = (a: Registration, b: Registration): boolean => told(a) === told(b);

const told = ({ updatedAt: _at, updatedBy: _by, ...rest }: Registration): string => canonicalJson(rest);

const eventOf = (action: AuditAction, actor: string, registration: Registration) =>
  ({
    action,
    actor,
    outcome: 'success',
    data: {
      resourceCRN: registration.resourceCrn,
      preventKeyDeletion: registration.preventKeyDeletion,
      keyVersionId: registration.keyVersion.id,
    },
  }) as const;

/** The service is not frozen or removed, and its grant not taken away, while this is written. */
const stillMay = ({ key, service }: Found): readonly Write[] =>
  grantsOver(service, ACCESS.writeRegistrations, key)
    .slice(0, 1)
    .flatMap((grant) => stillHolds(service, grant));
