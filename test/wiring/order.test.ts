import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instanceKey, loadInstance } from '../../lib/operations/records/instance.ts';
import { carryOutOrder } from '../../lib/wiring/administration.ts';
import { controlPath } from '../../lib/wiring/control-socket.ts';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { openLocal } from '../../lib/wiring/local.ts';
import { orderIn } from '../../lib/wiring/order.ts';
import { install, temporaryFolder } from '../cli/command.ts';

const SECOND = {
  command: 'init',
  name: 'second',
  people: [
    { email: 'ann@example.com', roles: ['Manager'] },
    { email: 'bob@example.com', roles: ['Manager'] },
  ],
} as const;
const order = {
  ...SECOND,
  people: SECOND.people.map(({ email }) => ({ email, roles: ['Manager' as const] })),
};

test('an order is carried out by the server that runs, and without one in the folder itself, alike', async () => {
  const { dataDir, instanceId } = await install();
  const log = { info: () => {}, error: () => {} };
  const local = await openLocal({
    folder: await openDataFolder(dataDir),
    publicUrl: 'http://127.0.0.1:1',
    log,
  });
  try {
    expect(await orderIn(dataDir, order)).toMatchObject({
      people: [{ apiKey: expect.stringMatching(/^cs_/) }, {}],
    });
    const alone = { ...order, people: order.people.slice(0, 1) };
    expect(await orderIn(dataDir, alone)).toMatchObject({ refused: 'approver-missing' });
    expect(await orderIn(dataDir, { ...order, authorizationWindow: 0 })).toMatchObject({
      refused: 'bad-request',
      detail: expect.stringContaining('authorizationWindow'),
    });
    // What no order is ends the conversation, and the server serves on.
    for (const words of ['order {"command"', 'order', 'nonsense']) {
      const socket = createConnection(controlPath(dataDir));
      const closed = once(socket, 'close');
      socket.write(`${words}\n`);
      await closed;
    }
    expect(await orderIn(dataDir, { command: 'list' })).toMatchObject({ instances: [{}, {}] });
  } finally {
    await local.close();
  }
  expect(await orderIn(dataDir, order)).toMatchObject({ people: [{}, {}] });
  const { instances } = (await orderIn(dataDir, { command: 'list' })) as {
    instances: readonly { id: string }[];
  };
  expect(instances.map(({ id }) => id)).toContain(instanceId);
  expect(instances).toHaveLength(3);
});

test('an order for a folder that holds no installation makes none', async () => {
  await expect(orderIn(join(temporaryFolder(), 'nothing'), { command: 'list' })).rejects.toThrow(
    'countersign init',
  );
});

test('the policy on addresses is taken off, with an event, where nobody can reach the instance', async () => {
  const { dataDir, instanceId } = await install();
  const folder = await openDataFolder(dataDir);
  const clock = { now: () => 1_800_000_000_000, sleep: async () => {} };
  const lift = () =>
    carryOutOrder({ store: folder.store, clock }, { command: 'lift-allowed-ip', instanceId });
  try {
    const policy = {
      id: 'p',
      enabled: true,
      ranges: ['192.0.2.1'],
      createdAt: 1,
      createdBy: 'a|b',
      updatedAt: 1,
      updatedBy: 'a|b',
    };
    await folder.store.commit([
      { update: instanceKey(instanceId), when: [{ item: 'present' }], set: { allowedIP: policy } },
    ]);
    const before = await loadInstance(folder.store, instanceId);
    expect(await lift()).toEqual({ lifted: instanceId });
    const after = await loadInstance(folder.store, instanceId);
    expect(after?.allowedIP).toMatchObject({ id: 'p', enabled: false, updatedBy: 'countersign|countersign' });
    expect(after?.allowedIP?.ranges).toBeUndefined();
    expect(after?.auditSequence).toBe((before?.auditSequence ?? 0) + 1);
    await lift();
    expect((await loadInstance(folder.store, instanceId))?.auditSequence).toBe(after?.auditSequence);
    const nobody = { command: 'lift-allowed-ip', instanceId: 'nobody' };
    expect(await carryOutOrder({ store: folder.store, clock }, nobody)).toMatchObject({
      refused: 'instance-not-found',
    });
  } finally {
    folder.close();
  }
});
