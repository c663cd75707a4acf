import type { Authorization } from '../domain/authorization.ts';
import type { Instance } from '../domain/instance.ts';
import type { Key } from '../domain/key.ts';
import { displayNameOf } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';
import { type MailRecord, mailRecords } from './mail-records.ts';
import { permittedKey } from './read-keys.ts';
import { referenceOf } from './records/authorization.ts';
import { loadPeople } from './records/person.ts';
import { currentAuthorization } from './transition.ts';

/** An authorization with what one has to know to understand it. */
export interface AuthorizationView {
  readonly key: Key;
  readonly instance: Instance;
  readonly authorization: Authorization;
  /** E-mail addresses by person id. */
  readonly emails: { readonly [personId: string]: string };
}

/** The newest authorization of a key's deletion, whatever became of it, with its mails. For Readers and up. */
export async function readAuthorization(
  context: Context,
  caller: Caller,
  idOrAlias: string,
): Promise<Decision<AuthorizationView & { readonly mails: readonly MailRecord[] }>> {
  const found = await permittedKey(context, caller, { operation: 'readHistory', idOrAlias });
  if (!found.ok) return found;
  const authorization = await currentAuthorization(context.store, found.value);
  if (authorization === undefined) return refuse('nothing-pending');
  const emails = await emailsOf(context, caller.instance.id);
  const mails = await mailRecords(context.store, referenceOf(authorization));
  return accept({ key: found.value, instance: caller.instance, authorization, emails, mails });
}

/** Everybody's address, those removed included: history names them too. */
export async function emailsOf(
  { store }: Pick<Context, 'store'>,
  instanceId: string,
): Promise<{ readonly [personId: string]: string }> {
  const people = await loadPeople(store, instanceId);
  return Object.fromEntries(people.map((person) => [person.id, displayNameOf(person)]));
}
