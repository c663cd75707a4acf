import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { readMasterKeys } from '../adapters/file/master-key.ts';
import { masterKeySealer } from '../adapters/file/sealer.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { PermanentError, TransientError } from '../domain/errors.ts';
import { exists, findServer } from './backup.ts';
import { DATABASE, openDataFolder } from './data-folder.ts';
import {
  changePassphrase,
  type MasterKeyState,
  masterKeyState,
  type Rotated,
  rotateMasterKey,
  type SealedFolder,
} from './master-key-rotation.ts';
import { tryMasterKey } from './try-master-key.ts';

const passphrase = z.string().min(1).exactOptional();

/** What whoever owns the data folder may have done with its master key. `passphrase` is the one that opens it now. */
const MASTER_KEY_ORDER = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('master-key-state'), passphrase }),
  z.strictObject({ command: z.literal('rotate-master-key'), passphrase }),
  /** Without `newPassphrase` the key is under none afterwards. */
  z.strictObject({ command: z.literal('change-passphrase'), passphrase, newPassphrase: passphrase }),
]);
export type MasterKeyOrder = z.input<typeof MASTER_KEY_ORDER>;

/** What came of it; `failed` holds why nothing did, or not all. */
export type MasterKeyOutcome =
  | { readonly state: MasterKeyState }
  | { readonly rotated: Rotated }
  | { readonly passphrase: 'changed' }
  | { readonly failed: string };

type Told = (line: { readonly progress: number }) => void;

/** An order about the master key, or undefined for any other. */
export const masterKeyOrderOf = (order: unknown): MasterKeyOrder | undefined =>
  MASTER_KEY_ORDER.safeParse(order).data;

/** Carries out one order at a time, in the process that has the folder. */
export function masterKeyOrders(
  sealed: SealedFolder,
): (order: MasterKeyOrder, tell: Told) => Promise<MasterKeyOutcome> {
  let busy = false;
  return async (order, tell) => {
    if (busy) return { failed: 'another command is at work on the master key: try again when it is done' };
    busy = true;
    try {
      return await carryOut(sealed, order, tell);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      return { failed: error.message };
    } finally {
      busy = false;
    }
  };
}

async function carryOut(sealed: SealedFolder, order: MasterKeyOrder, tell: Told): Promise<MasterKeyOutcome> {
  const { path } = sealed.folder;
  const opened = order.passphrase === undefined ? {} : { passphrase: order.passphrase };
  switch (order.command) {
    case 'master-key-state':
      return { state: await masterKeyState(sealed, await readMasterKeys(path, opened)) };
    case 'rotate-master-key':
      return {
        rotated: await rotateMasterKey(sealed, { ...opened, progress: (done) => tell({ progress: done }) }),
      };
    case 'change-passphrase': {
      const { newPassphrase } = order;
      await changePassphrase(path, opened, newPassphrase === undefined ? {} : { passphrase: newPassphrase });
      return { passphrase: 'changed' };
    }
    default:
      return order satisfies never;
  }
}

/**
 * Has an order carried out in an installation: by the server that runs there, or here where none does.
 * @param progress how many things were sealed anew so far
 * @throws PermanentError when there is no installation, its master key does not open, or it could not be done;
 * TransientError when the server stopped meanwhile; DatabaseError when the database is damaged or in use.
 */
export async function orderMasterKey(
  path: string,
  order: MasterKeyOrder,
  progress: (done: number) => void = () => {},
): Promise<Exclude<MasterKeyOutcome, { readonly failed: string }>> {
  if (!(await exists(join(path, DATABASE)))) {
    throw new PermanentError(`${path} holds no ${DATABASE}: set it up first (countersign init)`);
  }
  const server = await findServer(path);
  const tell: Told = (line) => progress(line.progress);
  const outcome = await (server === undefined ? orderHere(path, order, tell) : orderOf(server, order, tell));
  if ('failed' in outcome) throw new PermanentError(outcome.failed);
  return outcome;
}

async function orderHere(path: string, order: MasterKeyOrder, tell: Told): Promise<MasterKeyOutcome> {
  const folder = await openDataFolder(path);
  try {
    if (!(await folder.isSetUp())) throw new PermanentError(`${path} is not initialised (countersign init)`);
    const opened = order.passphrase === undefined ? {} : { passphrase: order.passphrase };
    const sealer = masterKeySealer(...(await readMasterKeys(path, opened)));
    if ((await tryMasterKey(folder.database, sealer)) === 'does not open') {
      throw new PermanentError(`the master.key in ${path} is another installation's`);
    }
    // Nobody else writes here.
    const sealed = { folder, sealer, clock: systemClock, retire: () => {}, gone: () => {} };
    return await masterKeyOrders(sealed)(order, tell);
  } finally {
    await folder.discard();
  }
}

const LINE = z.union([z.object({ progress: z.number() }), z.looseObject({})]);

async function orderOf(server: Socket, order: MasterKeyOrder, tell: Told): Promise<MasterKeyOutcome> {
  // A connection that fails has ended, and that is what the missing answer tells.
  server.on('error', () => {});
  try {
    server.write(`order ${JSON.stringify(order)}\n`);
    const lines = createInterface({ input: server });
    // What has come before the end is still read.
    server.once('close', () => lines.close());
    for await (const text of lines) {
      const line = LINE.parse(JSON.parse(text));
      if (!('progress' in line)) return line as unknown as MasterKeyOutcome;
      tell({ progress: Number(line.progress) });
    }
    throw new TransientError(
      'the server stopped, or is of an older version; a rotation that it has begun goes on with the next countersign rotate-master-key',
    );
  } finally {
    server.destroy();
  }
}
