import type { HonoRequest } from 'hono';
import { canNameKey } from '../domain/alias.ts';
import { REFUSALS, RequestProblem } from './problem.ts';

/** The id or alias in the path. @throws RequestProblem 404 for what can be neither, however it is encoded. */
export function keyOf(request: HonoRequest): string {
  const idOrAlias = request.param('id') ?? '';
  if (!canNameKey(idOrAlias)) throw new RequestProblem(REFUSALS['key-not-found']);
  return idOrAlias;
}
