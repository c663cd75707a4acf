import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createAccessKey, listAccessKeys, secretOfAccessKey } from '../../lib/adapters/file/access-keys.ts';
import { readMasterKeys } from '../../lib/adapters/file/master-key.ts';
import { type MasterKeySealer, masterKeyId, masterKeySealer } from '../../lib/adapters/file/sealer.ts';
import { visitRows } from '../../lib/adapters/sqlite/rewrite.ts';
import type { Key } from '../../lib/domain/key.ts';
import { peopleMail } from '../../lib/operations/people-mails.ts';
import { attributesOf, recordOf } from '../../lib/operations/records/attributes.ts';
import { importKeyContext, importKeyItem } from '../../lib/operations/records/import-token.ts';
import { mailContext, type OutboxRow } from '../../lib/operations/records/mail.ts';
import { type MaterialRecord, materialContext, materialKey } from '../../lib/operations/records/material.ts';
import { bringBack, endOfMaterial } from '../../lib/operations/retained-material.ts';
import type { Store } from '../../lib/ports/store.ts';
import { type DataFolder, openDataFolder, setUpInstallation } from '../../lib/wiring/data-folder.ts';
import { REQUEST } from './installation.ts';

const INSTANCE = '11111111-1111-4111-8111-111111111111';

/** What was sealed in a folder, by what it is of. */
export type Secrets = ReadonlyMap<string, string>;

interface Sizes {
  readonly keys: number;
  readonly destroyed: number;
  readonly mails: number;
}

/** Makes an installation in which there is something of everything that is sealed. */
export async function fillFolder(path: string, { keys, destroyed, mails }: Sizes): Promise<Secrets> {
  const folder = await openDataFolder(path);
  const made = await setUpInstallation(folder, REQUEST);
  if (!made.ok) throw new Error(made.refusal.code);
  await folder.keep();
  const { store } = folder;
  const sealer = masterKeySealer(...(await readMasterKeys(path)));
  const secrets = new Map<string, string>();
  for (let i = 0; i < keys; i += 1)
    await writeMaterial(store, sealer, { id: randomUUID(), secrets, versions: 1 + (i % 3) });
  for (let i = 0; i < destroyed; i += 1) {
    const id = randomUUID();
    await writeMaterial(store, sealer, { id, secrets, versions: 2 });
    const end = await endOfMaterial({ store, sealer }, { instanceId: INSTANCE, id } as Key, {
      window: 1,
      now: 0,
    });
    await store.commit(end.writes);
  }
  const tokenId = randomUUID();
  const sealed = await sealer.seal(Buffer.from('private'), importKeyContext(tokenId));
  secrets.set(`import ${tokenId}`, 'private');
  await store.commit([{ put: importKeyItem(INSTANCE, { tokenId, sealed }), when: [] }]);
  for (let i = 0; i < mails; i += 1) {
    const id = randomUUID();
    const token = randomBytes(32).toString('base64url');
    secrets.set(`mail ${id}`, token);
    const sealedToken = await sealer.seal(Buffer.from(token), mailContext({ id }));
    const mail = {
      instanceId: INSTANCE,
      personId: 'a|b',
      to: 'a@example.com',
      template: 'api-key-link',
    } as const;
    await store.commit([peopleMail({ ...mail, facts: { person: 'a', at: 0 }, id, sealedToken }, 0)]);
  }
  const accessKey = await createAccessKey(path, sealer);
  secrets.set(`access key ${accessKey.id}`, accessKey.secret);
  folder.close();
  return secrets;
}

async function writeMaterial(
  store: Store,
  sealer: MasterKeySealer,
  {
    id,
    secrets,
    versions,
  }: { readonly id: string; readonly secrets: Map<string, string>; readonly versions: number },
): Promise<void> {
  const record: Record<string, string> = {};
  for (let n = 0; n < versions; n += 1) {
    const versionId = randomUUID();
    const material = randomBytes(32);
    secrets.set(materialContext(id, versionId), material.toString('base64url'));
    record[versionId] = sealer.sealNow(material, materialContext(id, versionId));
  }
  const attributes = attributesOf({ versions: record });
  await store.commit([{ put: { ...materialKey(INSTANCE, id), attributes }, when: [] }]);
}

/** Opens everything that is sealed in a folder with the keys that its master.key has. @throws when something stays shut. */
export async function openEverything(path: string): Promise<Secrets> {
  const sealer = masterKeySealer(...(await readMasterKeys(path)));
  const folder = await openDataFolder(path);
  const secrets = new Map<string, string>();
  const text = (bytes: Uint8Array) => Buffer.from(bytes);
  const material = (id: string, { versions }: MaterialRecord) => {
    for (const [versionId, sealed] of Object.entries(versions)) {
      const context = materialContext(id, versionId);
      secrets.set(context, text(sealer.unsealNow(sealed, context)).toString('base64url'));
    }
  };
  try {
    const retained: Key[] = [];
    await visitRows(folder.database, { table: 'material' }, (item) => {
      const [, instanceId = '', id = ''] = item.partition.split('#');
      if (item.sort === 'retained') retained.push({ instanceId, id } as Key);
      else if (item.sort === 'material') material(id, recordOf<MaterialRecord>(item));
      else {
        const { tokenId, sealed } = recordOf<{ tokenId: string; sealed: string }>(item);
        const context = importKeyContext(tokenId);
        secrets.set(context, text(sealer.unsealNow(sealed, context)).toString());
      }
    });
    for (const key of retained) {
      const writes = await bringBack({ store: folder.store, sealer }, key);
      for (const write of writes ?? [])
        if ('put' in write) material(key.id, recordOf<MaterialRecord>(write.put));
    }
    await visitRows(folder.database, { table: 'main', holding: '"sealedToken"' }, (item) => {
      const { id, sealedToken = '' } = recordOf<OutboxRow>(item);
      secrets.set(mailContext({ id }), text(sealer.unsealNow(sealedToken, mailContext({ id }))).toString());
    });
  } finally {
    folder.close();
  }
  for (const { id } of await listAccessKeys(path)) {
    secrets.set(`access key ${id}`, (await secretOfAccessKey(path, id, sealer)) ?? '');
  }
  return secrets;
}

/** The ids of the master keys that a folder's file has, the newest first. */
export const masterKeyIds = async (path: string): Promise<readonly string[]> =>
  (await readMasterKeys(path)).map(masterKeyId);

/** The files of a folder that hold a text. */
export const filesHolding = (path: string, text: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const file = join(path, name);
    return statSync(file).isFile() && readFileSync(file, 'latin1').includes(text);
  });

/** A key with material, and one whose material waits sealed once more. */
export async function anyOfEach({
  database,
}: Pick<DataFolder, 'database'>): Promise<{ readonly material: Key; readonly retained: Key }> {
  const found = new Map<string, Key>();
  await visitRows(database, { table: 'material' }, ({ partition, sort }) => {
    const id = partition.split('#')[2] ?? '';
    found.set(sort, { instanceId: INSTANCE, id } as Key);
  });
  const [material, retained] = [found.get('material'), found.get('retained')];
  if (material === undefined || retained === undefined) throw new Error('the folder has not one of each');
  return { material, retained };
}
