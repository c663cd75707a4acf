import { countAccessKeys, resealAccessKeys } from '../adapters/file/access-keys.ts';
import {
  finishMasterKeyFile,
  type MasterKeys,
  newMasterKey,
  readMasterKeys,
  replaceMasterKeys,
} from '../adapters/file/master-key.ts';
import type { ReplacePoint } from '../adapters/file/replace-secret-file.ts';
import { type MasterKeySealer, masterKeyId, sealedUnder } from '../adapters/file/sealer.ts';
import { eraser } from '../adapters/sqlite/erase.ts';
import { rewriteRows, visitRows } from '../adapters/sqlite/rewrite.ts';
import { COUNTERSIGN } from '../domain/audit.ts';
import { PermanentError } from '../domain/errors.ts';
import { commitInstanceChange } from '../operations/change.ts';
import { listInstances } from '../operations/init-instance.ts';
import { loadInstance } from '../operations/records/instance.ts';
import { resealed, SEALED_KINDS, type SealedKind, sealedKindOf } from '../operations/reseal.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataFolder } from './data-folder.ts';

/*
 * Another master key in the place of the one that there is. What is sealed is sealed anew, in pages:
 *
 * 1. `master.key` gets the new key before anything is sealed under it, and loses the old one after nothing is any more.
 *    So at every moment its keys open everything, and how many it has says whether a rotation is under way: one that was
 *    cut off goes on from wherever it was.
 * 2. A row is read, sealed anew and written in one transaction, in which nobody else comes in between; who moves or
 *    adds to key material writes on the condition that it is sealed as they have read it (`sealedAsRead`).
 * 3. From before the last pass on nothing sealed under the old key is written any more (`retired-seals.ts`). Then every
 *    row is looked at for its seal: where one is left that this program cannot seal anew, the old key stays.
 * 4. The table of key material is written anew (`erase.ts`), so that the old seals are in no gap of a page, before the
 *    file loses the old key, and the bytes of the former file are overwritten.
 */

/** The moments between which a rotation can be cut off; tests kill the process there. */
export type RotationPoint = ReplacePoint | 'both keys' | 'some sealed anew' | 'all sealed anew' | 'erased';

/** What a rotation works on: of this process alone, whether it serves or not. */
export interface SealedFolder {
  readonly folder: Pick<DataFolder, 'path' | 'database' | 'commit' | 'store'>;
  readonly sealer: MasterKeySealer;
  readonly clock: Pick<Clock, 'now'>;
  /** Has it refused from now on that what is sealed under this master key is written. */
  readonly retire: (keyId: string) => void;
  /** This master key is no longer in the file. */
  readonly gone: (keyId: string) => void;
}

/** How many of each kind. */
export type SealedCounts = { readonly [kind in SealedKind | 'access-key']: number };

export interface MasterKeyState {
  readonly masterKey: string;
  /** The master key that is being replaced, where a rotation was begun. */
  readonly former?: string;
  /** What is to be sealed anew: under `former` where there is one, else everything. */
  readonly counts: SealedCounts;
}

/** Where the master key stands, and how much a rotation has to do. Changes nothing. */
export async function masterKeyState(
  { folder: { path, database } }: Pick<SealedFolder, 'folder'>,
  keys: MasterKeys,
): Promise<MasterKeyState> {
  const [masterKey = '', former] = keys.map(masterKeyId);
  const holding = sealedUnder(former ?? masterKey);
  const counts = Object.fromEntries(SEALED_KINDS.map((kind) => [kind, 0])) as Record<SealedKind, number>;
  for (const table of ['main', 'material'] as const) {
    await visitRows(database, { table, holding: `"${holding}` }, (item) => {
      const kind = sealedKindOf(item);
      if (kind !== undefined) counts[kind] += 1;
    });
  }
  const accessKeys = await countAccessKeys(path, (sealed) => sealed.startsWith(holding));
  return {
    masterKey,
    ...(former !== undefined && { former }),
    counts: { ...counts, 'access-key': accessKeys },
  };
}

export interface RotationOptions {
  readonly passphrase?: string;
  /** How many things were sealed anew so far. */
  readonly progress?: (done: number) => void;
  readonly at?: (point: RotationPoint) => void;
}

export interface Rotated {
  readonly masterKey: string;
  readonly former: string;
  /** Whether it went on with a rotation that had been cut off. */
  readonly resumed: boolean;
  /** How many things were sealed anew, by this call alone. */
  readonly resealed: number;
}

/**
 * Rotates the master key, or goes on where a rotation was cut off.
 * @throws PermanentError when the file cannot be read or written, or something cannot be unsealed: then both keys stay.
 */
export async function rotateMasterKey(
  sealed: SealedFolder,
  { passphrase, progress = () => {}, at = () => {} }: RotationOptions,
): Promise<Rotated> {
  const { folder, sealer } = sealed;
  const file = { at, ...(passphrase !== undefined && { passphrase }) };
  await finishMasterKeyFile(folder.path);
  const found = await readMasterKeys(folder.path, file);
  const resumed = found.length > 1;
  const keys: MasterKeys = resumed ? found : [newMasterKey(), ...found];
  if (!resumed) await replaceMasterKeys(folder.path, keys, file);
  sealer.use(keys);
  at('both keys');
  const [masterKey = '', former = ''] = keys.map(masterKeyId);
  let done = 0;
  const pass = async (): Promise<number> => {
    const before = done;
    done += await resealAll(sealed, former, (inPass) => {
      progress(before + inPass);
      at('some sealed anew');
    });
    return done - before;
  };
  while ((await pass()) > 0);
  sealed.retire(former);
  while ((await pass()) > 0);
  await demandNothingLeft(folder, former);
  at('all sealed anew');
  await eraseOldSeals(folder);
  await tellInstances(sealed, { masterKey, former });
  at('erased');
  await replaceMasterKeys(folder.path, [keys[0]], file);
  sealed.gone(former);
  return { masterKey, former, resumed, resealed: done };
}

/** One pass over everything. Key material is looked into row by row: what waits sealed twice shows its outer seal alone. */
async function resealAll(
  { folder, sealer }: SealedFolder,
  former: string,
  onPage: (changed: number) => void,
): Promise<number> {
  const change = (item: Parameters<typeof resealed>[0]) => resealed(item, sealer);
  const material = await rewriteRows(folder, { table: 'material' }, change, onPage);
  const holding = `"${sealedUnder(former)}`;
  const mails = await rewriteRows(folder, { table: 'main', holding }, change, (changed) =>
    onPage(material + changed),
  );
  const accessKeys = await resealAccessKeys(folder.path, sealer);
  onPage(material + mails + accessKeys);
  return material + mails + accessKeys;
}

/** What another version of the program has sealed, this one may not know of: no key goes that something needs. */
async function demandNothingLeft({ database, path }: SealedFolder['folder'], former: string): Promise<void> {
  const seal = `"${sealedUnder(former)}`;
  // Names that people have given can look like seals: what is sealed stands under a name of its own.
  const sealedMember = new RegExp(`"sealed\\w*":${seal.replaceAll('.', '\\.')}`);
  let left = 0;
  await visitRows(database, { table: 'material', holding: seal }, () => {
    left += 1;
  });
  await visitRows(database, { table: 'main', holding: seal }, ({ attributes }) => {
    if (sealedMember.test(JSON.stringify(attributes))) left += 1;
  });
  left += await countAccessKeys(path, (sealed) => sealed.startsWith(sealedUnder(former)));
  if (left === 0) return;
  throw new PermanentError(
    `${left} ${left === 1 ? 'item is' : 'items are'} sealed in a way that this program cannot seal anew: both master keys stay`,
  );
}

/** A full disk leaves it to the next start, which finds it marked. */
async function eraseOldSeals({ database, commit }: SealedFolder['folder']): Promise<void> {
  const erase = eraser(database, commit);
  await commit(() => erase.begin());
  await erase.finish();
}

/** In every instance's history. After a crash it can be there twice, of the same two keys. */
async function tellInstances(
  { folder: { store }, clock }: SealedFolder,
  data: { readonly masterKey: string; readonly former: string },
): Promise<void> {
  for (const { id } of await listInstances({ store })) {
    for (;;) {
      const instance = await loadInstance(store, id);
      if (instance === undefined) break;
      const events = [
        { action: 'countersign.master-key.rotate', actor: COUNTERSIGN, outcome: 'success', data },
      ] as const;
      if (await commitInstanceChange({ store }, { instance, now: clock.now(), events })) break;
    }
  }
}

/**
 * Wraps the master keys under another passphrase, or under none. Nothing is sealed anew.
 * @throws PermanentError when the file cannot be read or written.
 */
export async function changePassphrase(
  path: string,
  before: { readonly passphrase?: string },
  after: { readonly passphrase?: string },
): Promise<void> {
  await finishMasterKeyFile(path);
  await replaceMasterKeys(path, await readMasterKeys(path, before), after);
}
