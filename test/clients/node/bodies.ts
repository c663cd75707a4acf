/** The client takes bodies as bytes, and its types leave open what is in them. */
export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const envelope = (collectionType: string, resources: readonly object[]) => ({
  metadata: { collectionType, collectionTotal: resources.length },
  resources,
});

const KEY = 'application/vnd.ibm.kms.key+json';
const POLICY = 'application/vnd.ibm.kms.policy+json';

/** What `createKey` sends. */
export const keys = (...resources: readonly object[]): Buffer =>
  json(
    envelope(
      KEY,
      resources.map((resource) => ({ type: KEY, ...resource })),
    ),
  );

/** What `putPolicy` sends. */
export const policies = (...resources: readonly object[]) =>
  envelope(
    POLICY,
    resources.map((resource) => ({ type: POLICY, ...resource })),
  );

/** What `putInstancePolicy` sends. */
export const instancePolicies = (...resources: readonly object[]) => envelope(POLICY, resources);
