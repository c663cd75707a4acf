import type { HonoRequest } from 'hono';
import type * as z from 'zod';
import { badBody, collectionTotalMismatch, noBody } from './bad-request.ts';
import { readJson, validated } from './body.ts';

export const KEY_TYPE = 'application/vnd.ibm.kms.key+json';
export const VERSION_TYPE = 'application/vnd.ibm.kms.key.version+json';
export const POLICY_TYPE = 'application/vnd.ibm.kms.policy+json';

/** Key Protect's envelope of everything but wrap and unwrap; single objects come in it as well. */
export const collection = (collectionType: string, resources: readonly object[]) => ({
  metadata: { collectionType, collectionTotal: resources.length },
  resources,
});

/**
 * The items of an envelope that was sent, each as the schema has it.
 * @throws RequestProblem when the envelope does not fit itself, or names the field of the first item that is wrong.
 */
export async function readCollection<T>(request: HonoRequest, item: z.ZodType<T>): Promise<readonly T[]> {
  const resources = await readResources(request);
  return resources.map((resource) => validated(item, resource));
}

async function readResources(request: HonoRequest): Promise<readonly unknown[]> {
  const body = await readJson(request);
  if (body === undefined) throw noBody();
  const metadata = member(body, 'metadata');
  if (!isObject(metadata) || Object.keys(metadata).length === 0) throw badBody('CollectionMetadata is empty');
  const resources = member(body, 'resources');
  if (!Array.isArray(resources) || resources.length === 0) {
    throw badBody('`resources` must be an array that is not empty');
  }
  if (member(metadata, 'collectionTotal') !== resources.length) throw collectionTotalMismatch();
  return resources;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member whatever the case of its name; of several, the last, as in Go. */
function member(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  return Object.entries(value).findLast(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
