import { type Endpoint, endpoint, type ReadingEndpoint } from './endpoint.ts';

export const ACTION_FAILED = 'Action could not be performed on key';

/** An endpoint that is also called by its name, as in 2020. */
export type NamedAction = Endpoint & { readonly name: string };

/** Something that can be done to a key, at a path of its own. */
export function action<B>(
  name: string,
  described: Omit<ReadingEndpoint<Record<never, never>, B>, 'method' | 'path' | 'tag'>,
): NamedAction {
  const path = `/api/v2/keys/:id/actions/${name}` as const;
  return { name, ...endpoint({ ...described, method: 'POST', path, tag: 'Key actions' }) };
}
