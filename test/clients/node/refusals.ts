import { describe, expect, test } from 'vitest';
import { json, keys } from './bodies.ts';
import { clientOf, only, refusal, type Session } from './session.ts';

const UNKNOWN = 'f0ad6d36-6df5-4b21-a2c5-7c4f6b0a6d01';

/** What no story of the others comes to, and whether all of them come to every reason code that there is. */
export function describeRefusals(session: Session): void {
  const { will, rita, mia, here, installation } = session;

  describe('being refused', () => {
    test('an API key that is not known, by IAM', async () => {
      const stranger = clientOf(installation, 'cs_unknown');
      expect(await refusal(stranger.getKeys(here))).toBe('400 BXNIM0415E');
    });

    test('a token that cannot be read, an instance that is not there, and one that is not an id', async () => {
      expect(await refusal(session.bearing('e30.e30.e30').getKeys(here))).toBe(
        '400 BEARER_SUB_EXTRACTION_ERR',
      );
      expect(await refusal(rita.getKeys({ bluemixInstance: UNKNOWN }))).toBe('401');
      expect(await refusal(rita.getKeys({ bluemixInstance: 'payments' }))).toBe('400 INVALID_FIELD_ERR');
    });

    test('a key that is not there, whatever is asked of it', async () => {
      const unknown = { ...here, id: UNKNOWN };
      const ciphertext = json({ ciphertext: 'AAAA' });
      const said = await all([
        will.getKey(unknown),
        rita.getKeyMetadata(unknown),
        rita.wrapKey(unknown),
        rita.unwrapKey({ ...unknown, keyActionUnwrapBody: ciphertext }),
        rita.rewrapKey({ ...unknown, keyActionRewrapBody: ciphertext }),
        rita.getKeyVersions(unknown),
        rita.getRegistrations(unknown),
        will.rotateKey(unknown),
        will.setKeyForDeletion(unknown),
        will.unsetKeyForDeletion(unknown),
        will.syncAssociatedResources(unknown),
        will.createKeyAlias({ ...unknown, alias: 'nothing' }),
        mia.disableKey(unknown),
        mia.enableKey(unknown),
        mia.getPolicy(unknown),
        mia.deleteKey(unknown),
      ]);
      expect(said).toEqual(['404 KEY_NOT_FOUND_ERR']);
      // Read as a stream.
      expect(await refusal(mia.restoreKey(unknown))).toBe('404');
    });

    test('a standard key, of which only root keys are capable', async () => {
      const { id = '' } = await only(
        will.createKey({ ...here, body: keys({ name: 'Standard', extractable: true }) }),
      );
      const key = { ...here, id };
      const ciphertext = json({ ciphertext: 'AAAA' });
      const said = await all([
        rita.wrapKey(key),
        rita.unwrapKey({ ...key, keyActionUnwrapBody: ciphertext }),
        rita.rewrapKey({ ...key, keyActionRewrapBody: ciphertext }),
        will.rotateKey(key),
        mia.disableKey(key),
        mia.enableKey(key),
        will.syncAssociatedResources(key),
      ]);
      expect(said).toEqual(['400 KEY_ROOT_REQ_ERR']);
    });

    test('bodies and parameters that are not as they have to be', async () => {
      const create = (body: Buffer) => refusal(will.createKey({ ...here, body }));
      expect(await create(Buffer.alloc(0))).toBe('400 NO_BODY_ERR');
      expect(await create(Buffer.from('{'))).toBe('400 BAD_BODY_ERR');
      const { metadata, resources } = JSON.parse(keys({ name: 'Ledger', extractable: false }).toString());
      expect(await create(json({ metadata: { ...metadata, collectionTotal: 2 }, resources }))).toBe(
        '400 COLLECTION_TOTAL_MISMATCH_ERR',
      );
      expect(await create(keys({ name: 'x', extractable: false }))).toBe('400 INVALID_FIELD_ERR');
      expect(await refusal(rita.getKeys({ ...here, limit: 5001 }))).toBe('400 INVALID_QUERY_PARAM_ERR');
      expect(await refusal(will.createKeyAlias({ ...here, id: UNKNOWN, alias: 'keys' }))).toBe(
        '400 INVALID_FIELD_ERR',
      );
    });
  });

  describe('the OpenAPI document', () => {
    test('has each refusal that the client met, at its operation', async () => {
      const documented = await documentedRefusals(session);
      // Without a reason code: the role is missing, or the client did not read the body.
      const met = [...session.refusals].filter((refusal) => refusal.split(' ').length === 3);
      expect(met.filter((refusal) => !documented.has(refusal)).sort()).toEqual([]);
    });

    test('has no reason code that the client has not met, but for those that need time or another client', async () => {
      const codes = (refusals: Iterable<string>) =>
        new Set([...refusals].map((refusal) => refusal.replace(/^\S+ /, '')));
      const met = codes(session.refusals);
      const missing = [...codes(await documentedRefusals(session))].filter((code) => !met.has(code));
      expect(missing.sort()).toEqual(NOT_MET_HERE.map(([code]) => code));
    });
  });
}

/** The different ones among the refusals of these calls. */
const all = async (calls: readonly Promise<unknown>[]): Promise<readonly string[]> => [
  ...new Set(await Promise.all(calls.map(refusal))),
];

/** Sorted. Each is met by a test of test/http, where the clock is the test's. */
const NOT_MET_HERE = [
  ['400 KEY_EXPIRED_ERR', 'restored half a minute after its deletion, when it has expired'],
  ['400 KEY_RESTORE_EXPIRED', 'restored after thirty days'],
  ['400 KEY_SEARCH_TOO_BROAD', 'searches are not in this version of the client'],
  ['409 APPROVER_MISSING_ERR', 'the other Managers have gone since the policy was set'],
  ['409 INSTANCE_WINDOW_ERR', 'the windows of the instance leave no time to decide'],
  ['409 KEY_EXTERNAL_ERR', 'a key that lives elsewhere, which no client of Key Protect can adopt'],
  ['409 PROVIDER_REFUSED_ERR', 'the same'],
  ['409 REQUESTS_FROZEN_ERR', 'a Manager said by a mailed link that they did not expect the request'],
  ['409 TOO_MANY_VERSIONS_ERR', 'a thousand rotations, one an hour'],
] as const;

/** `deleteKey 409 AUTHORIZATIONS_NOT_MET` for each that the operations of the client can be answered with. */
async function documentedRefusals({ installation, rita }: Session): Promise<ReadonlySet<string>> {
  const document: Document = JSON.parse(await (await fetch(`${installation.url}/openapi.json`)).text());
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  return new Set(
    operations
      .filter(({ operationId }) => operationId in rita)
      .flatMap(({ operationId, responses }) =>
        Object.entries(responses).flatMap(([status, { description = '' }]) =>
          [...description.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => `${operationId} ${status} ${code}`),
        ),
      )
      .filter((refusal) => /^\S+ 4/.test(refusal)),
  );
}

interface Document {
  readonly paths: {
    readonly [path: string]: {
      readonly [method: string]: {
        readonly operationId: string;
        readonly responses: { readonly [status: string]: { readonly description?: string } };
      };
    };
  };
}
