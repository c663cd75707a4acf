import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../adapters/system/clock.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { carryOutOrder, type Order, type Outcome } from './administration.ts';
import { exists, findServer } from './backup.ts';
import { DATABASE, openDataFolder } from './data-folder.ts';

/**
 * Has an order carried out in an installation: by the server that runs there, or here where none does.
 *
 * @throws PermanentError when there is no installation; TransientError when the server stopped meanwhile; DatabaseError
 * when the database is damaged or in use by something else.
 */
export async function orderIn(folder: string, order: Order): Promise<Outcome> {
  if (!(await exists(join(folder, DATABASE)))) {
    throw new PermanentError(`${folder} holds no ${DATABASE}: set it up first (countersign init)`);
  }
  const server = await findServer(folder);
  return server === undefined ? orderHere(folder, order) : orderOf(server, order);
}

async function orderHere(path: string, order: Order): Promise<Outcome> {
  const folder = await openDataFolder(path);
  try {
    if (!(await folder.isSetUp())) throw new PermanentError(`${path} is not initialised (countersign init)`);
    return await carryOutOrder({ store: folder.store, clock: systemClock }, order);
  } finally {
    await folder.discard();
  }
}

/** @returns what the server answers, which is what it carries out such an order with. */
export async function orderOf<T = Outcome>(server: Socket, order: object): Promise<T> {
  // A connection that fails has ended, and that is what the missing answer tells.
  server.on('error', () => {});
  try {
    const ended = once(server, 'close');
    server.write(`order ${JSON.stringify(order)}\n`);
    const lines = createInterface({ input: server })[Symbol.asyncIterator]();
    const answer = await Promise.race([lines.next(), ended.then(() => undefined)]);
    if (answer === undefined || answer.done === true) {
      throw new TransientError(
        'the server stopped, or is of an older version: countersign instance list shows whether it was done',
      );
    }
    return JSON.parse(answer.value) as T;
  } finally {
    server.destroy();
  }
}
