import { ACCESS } from '../domain/access.ts';
import { MOST_ALIASES } from '../domain/alias.ts';
import type { EventDraft } from '../domain/audit.ts';
import { DESTROYED, type Key } from '../domain/key.ts';
import type { Person, PersonId } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import type { Caller } from './caller.ts';
import { commitKeyChange } from './change.ts';
import type { Context } from './context.ts';
import { permittedKey } from './read-keys.ts';
import { aliasItem, aliasKey } from './records/key.ts';
import { reloadPerson, stillHoldsAny } from './records/person.ts';

export interface AliasRequest {
  readonly idOrAlias: string;
  readonly alias: string;
}

/** An alias as it was made. */
export interface KeyAlias {
  readonly keyId: string;
  readonly alias: string;
  readonly createdBy: PersonId;
  readonly createdAt: EpochMillis;
}

/** Gives a key another name. The name and the key's list of names are one write, so that two keys never share one. */
export function createAlias(
  context: Context,
  caller: Caller,
  request: AliasRequest,
): Promise<Decision<KeyAlias>> {
  const { alias } = request;
  return attempt(context, async () => {
    const found = await writableKey(context, caller, request);
    if (!found.ok) return found;
    const { key, person } = found.value;
    if ((await context.store.get(aliasKey(key.instanceId, alias))) !== undefined)
      return refuse('alias-in-use');
    if (key.aliases.length >= MOST_ALIASES) return refuse('too-many-aliases');
    const now = context.clock.now();
    const committed = await commitKeyChange(context, {
      key,
      now,
      next: { aliases: [...key.aliases, alias] },
      events: [event('kms.secrets-alias.create', person, alias)],
      writes: [{ put: aliasItem(key, alias), when: [{ item: 'absent' }] }, ...stillMay(found.value)],
    });
    return committed ? accept({ keyId: key.id, alias, createdBy: person.id, createdAt: now }) : undefined;
  });
}

/** Takes a name off a key; then it can be another key's. */
export function deleteAlias(
  context: Context,
  caller: Caller,
  request: AliasRequest,
): Promise<Decision<void>> {
  const { alias } = request;
  return attempt(context, async () => {
    const found = await writableKey(context, caller, request);
    if (!found.ok) return found;
    const { key, person } = found.value;
    if (!key.aliases.includes(alias)) return refuse('alias-not-found');
    const committed = await commitKeyChange(context, {
      key,
      now: context.clock.now(),
      next: { aliases: key.aliases.filter((one) => one !== alias) },
      events: [event('kms.secrets-alias.delete', person, alias)],
      writes: [
        {
          delete: aliasKey(key.instanceId, alias),
          when: [{ attribute: 'keyId', is: 'equal', value: key.id }],
        },
        ...stillMay(found.value),
      ],
    });
    return committed ? accept(undefined) : undefined;
  });
}

interface Writable {
  readonly key: Key;
  readonly person: Person;
}

/** The key and the caller as they are now. A destroyed key keeps the names that it has. */
async function writableKey(
  context: Context,
  caller: Caller,
  { idOrAlias }: AliasRequest,
): Promise<Decision<Writable>> {
  const person = await reloadPerson(context.store, caller.person);
  const found = await permittedKey(context, { ...caller, person }, { operation: 'writeAliases', idOrAlias });
  if (!found.ok) return found;
  return found.value.state === DESTROYED ? refuse('key-not-active') : accept({ key: found.value, person });
}

const stillMay = ({ key, person }: Writable): readonly Write[] =>
  stillHoldsAny(person, ACCESS.writeAliases, key);

const event = (
  action: 'kms.secrets-alias.create' | 'kms.secrets-alias.delete',
  { id }: Person,
  alias: string,
): EventDraft => ({ action, actor: id, outcome: 'success', data: { alias } });
