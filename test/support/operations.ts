import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masterKeySealer } from '../../lib/adapters/file/sealer.ts';
import { sqliteStore } from '../../lib/adapters/sqlite/store.ts';
import type { Person, Role } from '../../lib/domain/person.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import type { Caller } from '../../lib/operations/caller.ts';
import type { Context } from '../../lib/operations/context.ts';
import { createKey, type NewKey } from '../../lib/operations/create-key.ts';
import { initInstance } from '../../lib/operations/init-instance.ts';
import { loadInstance } from '../../lib/operations/records/instance.ts';
import { loadPerson } from '../../lib/operations/records/person.ts';
import type { Delivery, Mail } from '../../lib/ports/mailer.ts';
import type { Store } from '../../lib/ports/store.ts';
import { checkpointSigner } from './checkpoint-signer.ts';
import { newService } from './services.ts';
import { expectOk, REAUTHORIZATION_WINDOW, RESTORE_WINDOW, WINDOW } from './story.ts';

/** Three Managers, so that one can be removed, and a Writer. */
const PEOPLE = {
  alice: ['Manager'],
  bob: ['Manager'],
  carol: ['Manager', 'KeyPurge'],
  wendy: ['Writer'],
} as const satisfies { readonly [name: string]: readonly Role[] };
export type Name = keyof typeof PEOPLE;

/** Operations over a store of their own, with no engine behind them: what would be started or woken is noted. */
export interface Operations {
  readonly context: Context;
  /** The same operations through another store that leads to this one. */
  through(store: Store): Context;
  /** The time; it moves when a test says so. */
  now: number;
  readonly woken: string[];
  readonly mails: Mail[];
  readonly logged: string[];
  /** What the mail server does with the next mails. */
  deliver: (mail: Mail) => Promise<Delivery>;
  /** An instance of its own with everybody in it and one key. */
  newDesk(request?: Partial<NewKey>): Promise<Desk>;
  close(): void;
}

/** One instance, its people and a key. */
export interface Desk {
  readonly instanceId: string;
  readonly keyId: string;
  id(name: Name): string;
  /** As the instance knows them now. */
  person(name: Name, store?: Store): Promise<Person>;
  as(name: Name): Promise<Caller>;
  /** A service of bob's. */
  service(): Promise<Caller>;
}

export async function openOperations(): Promise<Operations> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-operations-'));
  const database = openDatabase(join(folder, 'operations.db'));
  // Orders of writes are at stake here, not the disk.
  database.pragma('synchronous=OFF');
  return operationsOn(sqliteStore(database, groupCommit(database)), () => {
    database.close();
    rmSync(folder, { recursive: true });
  });
}

/** The same on a store that is somebody else's to close. */
export function operationsOn(store: Store, close = () => {}): Operations {
  const operations: Operations = {
    now: Date.UTC(2026, 0, 1),
    woken: [],
    mails: [],
    logged: [],
    deliver: async () => ({ delivered: true }),
    get context() {
      return operations.through(store);
    },
    through: (other) => contextOf(operations, other),
    newDesk: (request) => newDesk(operations, store, request),
    close,
  };
  return operations;
}

const sealer = masterKeySealer(randomBytes(32));

const unreachable = () => {
  throw new Error('no operation here signs anything');
};

function contextOf(operations: Operations, store: Store): Context {
  const note = (message: string, fields?: object) =>
    void operations.logged.push(JSON.stringify({ message, ...fields }));
  return {
    store,
    sealer,
    signer: { sign: unreachable, publicKey: unreachable },
    checkpointSigner: checkpointSigner(),
    clock: { now: () => operations.now, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    log: { info: note, error: note },
    settings: {
      publicUrl: 'http://127.0.0.1:8080',
      crnScope: 'crn:v1:bluemix:public:kms:local:a/story',
      apiKeysByMail: false,
    },
    mailer: {
      send: async (mail) => {
        const delivery = await operations.deliver(mail);
        if (delivery.delivered) operations.mails.push(mail);
        return delivery;
      },
    },
    workflow: {
      start: async () => 'started',
      wake: async (taskToken) => {
        operations.woken.push(taskToken);
        return 'woken';
      },
      status: async () => 'RUNNING',
      stop: async () => {},
      history: async () => ({ events: [] }),
    },
  };
}

async function newDesk(operations: Operations, store: Store, request: Partial<NewKey> = {}): Promise<Desk> {
  const context = operations.through(store);
  const { instance, people } = expectOk(
    await initInstance(context, {
      name: 'desk',
      people: Object.entries(PEOPLE).map(([name, roles]) => ({ email: `${name}@example.com`, roles })),
      dualAuthorization: true,
      authorizationWindow: WINDOW,
      reauthorizationWindow: REAUTHORIZATION_WINDOW,
      restoreWindow: RESTORE_WINDOW,
      trial: false,
    }),
  );
  operations.now += 60_000;
  const id = (name: Name) =>
    people.find(({ person }) => person.email === `${name}@example.com`)?.person.id ?? '';
  const person = async (name: Name, from = store) => {
    const found = await loadPerson(from, instance.id, id(name));
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  };
  const as = async (name: Name): Promise<Caller> => ({
    person: await person(name),
    instance: (await loadInstance(store, instance.id)) ?? { ...instance, auditSequence: 0, auditHash: '' },
    keyRingId: undefined,
  });
  const asked = { name: 'customer-data', extractable: false, ...request };
  const { key } = expectOk(await createKey(context, await as('alice'), asked));
  const service = async () => (await newService(context, await as('bob'), randomUUID())).caller;
  return { instanceId: instance.id, keyId: key.id, id, person, as, service };
}
