import { addService } from '../../lib/operations/add-service.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { expectOk } from './story.ts';

/** A service of this caller's own, as itself and with its API key. */
export async function newService(
  context: Context,
  owner: Caller,
  name = 'storage',
): Promise<{ readonly caller: Caller; readonly apiKey: string }> {
  const request = { name, owner: owner.person.id, roles: ['Reader'] } as const;
  const { person, apiKey } = expectOk(await addService(context, owner, request));
  return { caller: { ...owner, person }, apiKey: apiKey ?? '' };
}
