import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type ListExecutionsCommandInput,
  paginateGetExecutionHistory,
  paginateListExecutions,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { SLEEPING } from '../support/machines.ts';
import { ACCESS_KEY, executionArn, STATE_MACHINE, secretOf, wireFixture } from './fixture.ts';

const OTHER_KEY = { accessKeyId: 'CSAKOTHER', secretAccessKey: 'another secret' };

async function sleeping(count: number) {
  const fixture = await wireFixture(
    { definition: SLEEPING },
    {
      secretOf: async (id) => (id === OTHER_KEY.accessKeyId ? OTHER_KEY.secretAccessKey : secretOf(id)),
    },
  );
  const start = (name: string) => fixture.engine.start(name, { seconds: 60 });
  await Promise.all(Array.from({ length: count }, (_, i) => start(`e${i}`)));
  return { ...fixture, engine: fixture.engine, start, reopened: () => fixture.reopen() };
}

const list = (client: SFNClient, more: Partial<ListExecutionsCommandInput>) =>
  client.send(new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE, ...more }));

const namesFrom = (first: number, last: number): readonly string[] =>
  Array.from({ length: first - last + 1 }, (_, i) => `e${first - i}`);

describe('the pages of ListExecutions', () => {
  test('have together each execution once, the newest first, while others start', async () => {
    const { client, start } = await sleeping(50);
    const names: (string | undefined)[] = [];
    let started = 50;
    const pages = paginateListExecutions({ client, pageSize: 7 }, { stateMachineArn: STATE_MACHINE });
    for await (const { executions = [] } of pages) {
      names.push(...executions.map(({ name }) => name));
      expect(executions.length).toBeLessThanOrEqual(7);
      await Promise.all([start(`e${started}`), start(`e${started + 1}`)]);
      started += 2;
    }
    expect(names).toEqual(namesFrom(49, 0));
  });

  test('are complete when the last one is full', async () => {
    const { client } = await sleeping(6);
    const first = await list(client, { maxResults: 3 });
    const second = await list(client, { maxResults: 3, nextToken: first.nextToken });
    expect([...(first.executions ?? []), ...(second.executions ?? [])].map(({ name }) => name)).toEqual(
      namesFrom(5, 0),
    );
    expect(second.nextToken).toBeUndefined();
  });

  test('have at most 100 executions, or 1000 for whoever asks', async () => {
    const { client } = await sleeping(1_005);
    expect((await list(client, {})).executions).toHaveLength(100);
    expect((await list(client, { maxResults: 0 })).executions).toHaveLength(100);
    expect((await list(client, { maxResults: 1_000 })).executions).toHaveLength(1_000);
  });

  test('of one status have each execution of it once', async () => {
    const { client, engine } = await sleeping(30);
    for (let i = 0; i < 30; i += 3) await engine.stop(`e${i}`, {});
    const names: (string | undefined)[] = [];
    const query = { stateMachineArn: STATE_MACHINE, statusFilter: 'ABORTED' } as const;
    for await (const { executions = [] } of paginateListExecutions({ client, pageSize: 4 }, query)) {
      expect(executions.length).toBeLessThanOrEqual(4);
      names.push(...executions.map(({ name }) => name));
    }
    expect(names).toEqual(namesFrom(29, 0).filter((name) => Number(name.slice(1)) % 3 === 0));
  });

  test('of a rare status look at ten thousand executions each, and still find it', async () => {
    const { client, engine } = await sleeping(10_005);
    await engine.stop('e1', {});
    const first = await list(client, { statusFilter: 'ABORTED' });
    expect(first.executions).toEqual([]);
    const second = await list(client, { statusFilter: 'ABORTED', nextToken: first.nextToken });
    expect(second.executions?.map(({ name }) => name)).toEqual(['e1']);
    expect(second.nextToken).toBeUndefined();
  });

  test('go on after a restart', async () => {
    const { client, reopened } = await sleeping(4);
    const { nextToken } = await list(client, { maxResults: 2 });
    await reopened();
    expect((await list(client, { nextToken })).executions?.map(({ name }) => name)).toEqual(namesFrom(1, 0));
  });
});

describe('the pages of GetExecutionHistory', () => {
  test.for([false, true])('have together each event once (reverse order: %s)', async (reverseOrder) => {
    const { client, clock } = await sleeping(1);
    await clock.advance(60_000);
    const ids: (number | undefined)[] = [];
    const query = { executionArn: executionArn('e0'), reverseOrder };
    for await (const { events = [] } of paginateGetExecutionHistory({ client, pageSize: 2 }, query)) {
      ids.push(...events.map(({ id }) => id));
    }
    expect(ids).toEqual(reverseOrder ? [4, 3, 2, 1] : [1, 2, 3, 4]);
  });
});

describe('a page token', () => {
  const opened = async () => {
    const fixture = await sleeping(5);
    const { nextToken = '' } = await list(fixture.client, { maxResults: 2 });
    return { ...fixture, nextToken };
  };
  const invalid = { name: 'InvalidToken', message: "Invalid Token: 'Invalid token'" };

  test('is refused when it was changed', async () => {
    const { client, nextToken } = await opened();
    const [body = '', mac] = nextToken.split('.');
    const other = Buffer.from(JSON.stringify(['1', Date.UTC(2026, 0, 1)])).toString('base64url');
    for (const changed of ['x', body, `${other}.${mac}`, `${nextToken}.x`, `${body}.${mac?.slice(1)}`]) {
      await expect(list(client, { nextToken: changed })).rejects.toMatchObject(invalid);
    }
  });

  test('goes on with its own question only', async () => {
    const { client, nextToken } = await opened();
    await expect(list(client, { nextToken, statusFilter: 'RUNNING' })).rejects.toMatchObject(invalid);
    const history = { executionArn: executionArn('e0'), nextToken };
    await expect(client.send(new GetExecutionHistoryCommand(history))).rejects.toMatchObject(invalid);
    await expect(list(client, { nextToken, maxResults: 3 })).resolves.toBeDefined();
  });

  test('is good for the access key that got it', async () => {
    const { clientWith, nextToken } = await opened();
    const another = clientWith({ credentials: OTHER_KEY });
    await expect(list(another, { nextToken })).rejects.toMatchObject(invalid);
    await expect(list(clientWith({ credentials: ACCESS_KEY }), { nextToken })).resolves.toBeDefined();
  });

  test('expires after 24 hours', async () => {
    const { client, clock, nextToken } = await opened();
    clock.set(clock.now() + 86_400_000 - 1);
    await expect(list(client, { nextToken })).resolves.toBeDefined();
    clock.set(clock.now() + 1);
    await expect(list(client, { nextToken })).rejects.toMatchObject(invalid);
  });
});
