import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { mayCall } from '../domain/access.ts';
import type { EventDraft } from '../domain/audit.ts';
import { type ImportToken, type ImportTokenTerms, newImportToken, retrieve } from '../domain/import-token.ts';
import type { Person } from '../domain/person.ts';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import { toDate } from '../domain/time.ts';
import type { Item } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { type Caller, enterAgain } from './caller.ts';
import { commitInstanceChange } from './change.ts';
import type { Context } from './context.ts';
import {
  importKeyContext,
  importKeyItem,
  importKeyKey,
  importTokenItem,
  importTokenKey,
  importTokenOfItem,
  loadImportToken,
} from './records/import-token.ts';

/** As Key Protect's (docs: importing-keys). Making such a pair takes one or a few seconds of a processor. */
const RSA_BITS = 4096;
const NONCE_BYTES = 12;

/** Makes the instance's import token, in the place of the one before. */
export async function createImportToken(
  context: Context,
  caller: Caller,
  terms: ImportTokenTerms,
): Promise<Decision<ImportToken>> {
  if (!mayCall(caller.person, 'useImportToken')) return refuse('access-denied');
  const instanceId = caller.instance.id;
  const id = randomUUID();
  const pair = await newKeyPair();
  const sealed = await context.sealer.seal(Buffer.from(pair.privateKey), importKeyContext(id));
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  return attempt(context, async () => {
    const entered = await enterAgain(context, caller, 'useImportToken');
    if (!entered.ok) return entered;
    const { person, instance } = entered.value;
    const now = context.clock.now();
    const token = newImportToken({ id, instanceId, publicKey: pair.publicKey, nonce }, terms, now);
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [event('kms.import-token.create', person, token)],
      writes: [
        { put: importTokenItem(token), when: [] },
        { put: importKeyItem(instanceId, { tokenId: id, sealed }), when: [] },
      ],
    });
    return committed ? accept(token) : undefined;
  });
}

const newKeyPair = (): Promise<{ readonly publicKey: string; readonly privateKey: string }> =>
  new Promise((resolve, reject) => {
    const encoding = {
      modulusLength: RSA_BITS,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    } as const;
    generateKeyPair('rsa', encoding, (error, publicKey, privateKey) =>
      error === null ? resolve({ publicKey, privateKey }) : reject(error),
    );
  });

/** Hands the token out, which counts: two that come at once for the last time do not both get it. */
export function getImportToken(context: Context, caller: Caller): Promise<Decision<ImportToken>> {
  return attempt(context, async () => {
    const entered = await enterAgain(context, caller, 'useImportToken');
    if (!entered.ok) return entered;
    const { person, instance } = entered.value;
    const now = context.clock.now();
    const before = await loadImportToken(context.store, instance.id);
    const retrieved = retrieve(before, now);
    if (!retrieved.ok) return retrieved;
    const token = retrieved.value;
    const committed = await commitInstanceChange(context, {
      instance,
      now,
      events: [event('kms.import-token.read', person, token)],
      writes: [
        {
          put: importTokenItem(token),
          when: [
            { attribute: 'id', is: 'equal', value: token.id },
            { attribute: 'remainingRetrievals', is: 'equal', value: token.remainingRetrievals + 1 },
          ],
        },
      ],
    });
    return committed ? retrieved : undefined;
  });
}

/**
 * Deletes the private key of a token that has expired, so that what was sent under it can never be read again. What is
 * left of the token says that there was one.
 */
export async function expireImportToken({ store, clock }: Context, item: Item): Promise<void> {
  const { id, instanceId, expiresAt } = importTokenOfItem(item);
  if (clock.now() < expiresAt) return;
  await store.commit([
    {
      update: importTokenKey(instanceId),
      when: [{ attribute: 'id', is: 'equal', value: id }],
      indexes: { due: null },
    },
    { delete: importKeyKey(instanceId), when: [] },
  ]);
}

const event = (
  action: 'kms.import-token.create' | 'kms.import-token.read',
  { id }: Person,
  { expiresAt, maxAllowedRetrievals, remainingRetrievals }: ImportToken,
): EventDraft => ({
  action,
  actor: id,
  outcome: 'success',
  data: { expirationDate: toDate(expiresAt), maxAllowedRetrievals, remainingRetrievals },
});
