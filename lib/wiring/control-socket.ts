import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { problemFields } from '../domain/errors.ts';
import type { Database } from '../engine/database.ts';
import { type Hold, holdStill } from '../engine/snapshot.ts';
import type { Log } from '../ports/log.ts';

/*
 * Where a running server answers whoever owns the data folder: a socket in it (mode 0600). A conversation is of words,
 * a line each:
 *
 *   client  backup     the database's file shall stand still
 *   server  still      it does: copy it          (or `busy`: another backup is under way; or `failed`)
 *   client  copied     the copy is made
 *   server  good       it stood still all the time
 *
 * A connection that ends before `good` says that the copy is worth nothing. Or it is one order (`administration.ts`):
 *
 *   client  order {…}  in JSON
 *   server  {"progress":…}  as often as there is something to tell of one that takes long
 *   server  {…}        what came of it; API keys of an instance that was made are in it, for the owner of the folder
 */

/** A copy that takes longer lets the WAL grow for too long. */
const LONGEST_HOLD = 600_000;
/** What a socket's address can hold on every system (macOS: 104 bytes with the zero). */
const LONGEST_PATH = 103;

export const controlPath = (folder: string): string => {
  const path = join(folder, 'control.sock');
  // Names beyond the limit would be cut off without a word.
  return Buffer.byteLength(path) <= LONGEST_PATH ? path : relative(process.cwd(), path);
};

/** Carries out what is ordered, whatever was sent; tells meanwhile how far it is. */
export type CarryOut = (order: unknown, tell: (line: object) => void) => Promise<object>;

export interface ControlSocket {
  /** Ends every conversation, and removes the socket. */
  close(): Promise<void>;
}

export interface ServedFolder {
  readonly path: string;
  readonly database: Database;
  /** Called when a copy of the database has been made. */
  readonly backedUp?: () => void;
}

/** Without it the server still serves: that it cannot be backed up while it runs is logged. */
export async function openControlSocket(
  { path: folder, database, backedUp }: ServedFolder,
  carryOut: CarryOut,
  log: Log,
): Promise<ControlSocket> {
  const path = controlPath(folder);
  const conversations = new Set<Socket>();
  const talk = conversation({ database, backedUp }, carryOut, log);
  const server = createServer((socket) => {
    conversations.add(socket);
    socket.once('close', () => conversations.delete(socket));
    socket.on('error', () => socket.destroy());
    talk(socket);
  });
  try {
    await listenAt(server, path);
  } catch (error) {
    log.error('the server cannot be backed up while it runs', problemFields(error));
    return { close: async () => {} };
  }
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of conversations) socket.destroy();
      await closed;
    },
  };
}

async function listenAt(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new RangeError('the data folder has too long a name');
  // Left behind by a kill: the database's lock, which we have, says that nobody listens there.
  await rm(path, { force: true });
  const listening = once(server, 'listening');
  server.listen(path);
  await listening;
  await chmod(path, 0o600);
}

/** One hold at a time, released when its conversation ends, however it does. */
function conversation(
  { database, backedUp }: Pick<ServedFolder, 'database'> & { readonly backedUp: (() => void) | undefined },
  carryOut: CarryOut,
  log: Log,
): (socket: Socket) => void {
  const obey = ordered(carryOut, log);
  let holder: Socket | undefined;

  function begin(socket: Socket): string {
    if (holder !== undefined) return 'busy';
    let hold: Hold;
    try {
      hold = holdStill(database);
    } catch (error) {
      log.error('the database could not be made to stand still', problemFields(error));
      return 'failed';
    }
    holder = socket;
    const late = setTimeout(() => socket.destroy(), LONGEST_HOLD);
    socket.once('close', () => {
      clearTimeout(late);
      holder = undefined;
      if (database.open) hold.release();
    });
    return 'still';
  }

  return (socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      if (line === 'backup' && holder !== socket) socket.write(`${begin(socket)}\n`);
      else if (line === 'copied' && holder === socket) {
        socket.end('good\n');
        backedUp?.();
      } else if (line.startsWith(ORDER_WORD)) void obey(socket, line.slice(ORDER_WORD.length));
      else socket.destroy();
    });
  };
}

const ORDER_WORD = 'order ';

/** The outcome is the answer; where there is none, the end of the connection says so. */
const ordered =
  (carryOut: CarryOut, log: Log) =>
  async (socket: Socket, order: string): Promise<void> => {
    try {
      const tell = (line: object) => void socket.write(`${JSON.stringify(line)}\n`);
      const outcome = await carryOut(JSON.parse(order), tell);
      socket.end(`${JSON.stringify(outcome)}\n`);
    } catch (error) {
      log.error('an order could not be carried out', problemFields(error));
      socket.destroy();
    }
  };
