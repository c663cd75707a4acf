import { gunzipSync } from 'node:zlib';
import { DeleteItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { TABLE_KEY } from '../../lib/adapters/dynamodb/schema.ts';
import type { CadfEvent } from '../../lib/domain/cadf.ts';
import type { Order } from '../../lib/wiring/administration.ts';
import { type Installation, installationOf, type Name, PEOPLE } from '../clients/installation.ts';
import { describeDeletion } from '../clients/node/deletion.ts';
import { describeExample } from '../clients/node/example.ts';
import { describeImport } from '../clients/node/import.ts';
import { describeLife } from '../clients/node/life.ts';
import { describeOrder } from '../clients/node/order.ts';
import { describePolicies } from '../clients/node/policies.ts';
import { describeRefusals } from '../clients/node/refusals.ts';
import { openSession } from '../clients/node/session.ts';
import { answered, envelope, type Sent } from '../http/server.ts';
import type { SentSubsegment } from '../support/x-ray-daemon.ts';
import { REGION } from './cloud.ts';
import { type Deployment, deploy } from './deployment.ts';
import { secretOf } from './lambda.ts';
import { publishStream } from './stream.ts';

// Eleven programs on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } });

const given = await deploy({ traced: true });
afterAll(() => given?.close());

const people = Object.entries(PEOPLE).map(([name, role]) => ({
  email: `${name}@example.com`,
  roles: [role],
}));
const orderOf = (name: string, more: object = {}): Order => ({
  command: 'init',
  name,
  people,
  managerWait: 0,
  ...more,
});

/** An instance, made as an operator makes it. */
async function installationIn(deployed: Deployment, order: Order): Promise<Installation> {
  const made = await deployed.administer(order);
  if (!('people' in made)) throw new Error(JSON.stringify(made));
  const apiKeyOf = (name: Name) =>
    made.people.find(({ email }) => email === `${name}@example.com`)?.apiKey ?? '';
  return installationOf({
    url: deployed.url,
    instanceId: made.instanceId,
    apiKeys: {
      mia: apiKeyOf('mia'),
      max: apiKeyOf('max'),
      will: apiKeyOf('will'),
      rita: apiKeyOf('rita'),
      petra: apiKeyOf('petra'),
    },
  });
}

const callsTo =
  ({ url, instanceId, apiKeys }: Installation) =>
  async (name: Name, route: string, { body }: Sent = {}) => {
    const [method = 'GET', path = ''] = route.split(' ');
    const headers = { authorization: `Bearer ${apiKeys[name]}`, 'bluemix-instance': instanceId };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return answered(await fetch(`${url}${path}`, { method, headers, ...sent }));
  };

describe.skipIf(given === undefined)('deployed, on a clock that runs', async () => {
  const deployed = given as Deployment;
  const installation = given && (await installationIn(deployed, orderOf('clients')));

  describe('the administration function', () => {
    test('makes instances, and lists them without anything secret', async () => {
      const second = await installationIn(deployed, orderOf('second'));
      const listed = await deployed.administer({ command: 'list' });
      expect(listed).toMatchObject({
        instances: expect.arrayContaining([{ ...asListed, id: second.instanceId }]),
      });
      expect(JSON.stringify(listed)).not.toMatch(/cs_|@/);
    });
    const asListed = {
      id: expect.any(String),
      name: 'second',
      createdAt: expect.any(Number),
      dualAuthorization: true,
      trial: false,
    };

    test('refuses, as on one machine, an instance that nobody could approve in, and what it cannot read', async () => {
      const alone = await deployed.administer(orderOf('alone', { people: people.slice(1) }));
      expect(alone).toMatchObject({ refused: 'approver-missing' });
      const unreadable = await deployed.administer({ ...orderOf('x'), authorizationWindow: 'soon' } as never);
      expect(unreadable).toMatchObject({
        refused: 'bad-request',
        detail: expect.stringContaining('authorizationWindow'),
      });
    });
  });

  describe('a window of seconds', () => {
    test('closes by itself, and the key is destroyed in a later round that is approved in time', async () => {
      const call = callsTo(await installationIn(deployed, orderOf('brief', { authorizationWindow: 3 })));
      const { resource } = await call('will', 'POST /api/v2/keys', {
        body: envelope({ name: 'Ledger', extractable: false }),
      });
      const { id } = resource;
      expect((await call('will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`)).status).toBe(204);
      const authorization = async () =>
        (await call('rita', `GET /countersign/v1/keys/${id}/authorization`)).json;
      await expect.poll(async () => (await authorization()).status).toBe('lapsed');
      expect((await call('mia', `DELETE /api/v2/keys/${id}`)).status).toBe(409);

      // A machine that is busy may need another round: that is what rounds are for.
      const askedAndApproved = async () => {
        const body = { round: (await authorization()).round };
        await call('will', `POST /countersign/v1/keys/${id}/authorization/reauthorize`, { body });
        return (await call('mia', `DELETE /api/v2/keys/${id}`)).status;
      };
      await expect.poll(askedAndApproved).toBe(204);
      expect((await authorization()).status).toBe('consumed');
    });
  });

  describe('the sweeper, on its schedule', () => {
    test('signs a checkpoint of the audit chains', async () => {
      await deployed.minute();
      const call = callsTo(installation as Installation);
      const { json } = await call('rita', 'GET /countersign/v1/audit/checkpoints');
      expect(json.checkpoints).not.toEqual([]);
    });
  });

  describe('IBM’s client for Node.js', () => {
    if (installation === undefined) return;
    const session = openSession(installation);
    describeLife(session);
    describeDeletion(session);
    describeOrder(session);
    describePolicies(session);
    describeImport(session);
    describeRefusals(session);
    describeExample(session);
  });

  describe('what the table’s stream tells', () => {
    test('is every event of every chain, none left out, published under its action', async () => {
      await publishStream(deployed);
      const events = deployed.published.map(({ Detail }) => JSON.parse(Detail) as CadfEvent);
      const chains = new Map<string, CadfEvent[]>();
      for (const event of events) {
        const chain = event.target.id;
        chains.set(chain, [...(chains.get(chain) ?? []), event]);
      }
      expect(chains.size).toBeGreaterThan(5);
      for (const chain of chains.values()) {
        const inOrder = chain.toSorted((a, b) => a.chain.sequence - b.chain.sequence);
        expect(inOrder.map(({ chain: { sequence } }) => sequence)).toEqual(inOrder.map((_, i) => i + 1));
        const hashes = inOrder.map(({ chain: { hash } }) => hash);
        expect(inOrder.map(({ chain: { previousHash } }) => previousHash)).toEqual([
          '',
          ...hashes.slice(0, -1),
        ]);
      }
      expect(deployed.published.map(({ DetailType }) => DetailType)).toEqual(
        events.map(({ action }) => action),
      );
      expect(new Set(events.map(({ action }) => action))).toContain('countersign.authorization.approve');
      expect(new Set(deployed.published.map(({ Source }) => Source))).toEqual(new Set(['countersign']));
    });

    test('has the same ids when it is told again', async () => {
      const ids = () => deployed.published.map(({ Detail }) => (JSON.parse(Detail) as CadfEvent).id);
      const before = new Set(ids());
      await publishStream(deployed);
      expect(new Set(ids())).toEqual(before);
    });
  });

  describe('an execution that has closed', () => {
    const closedExecutions = async () => {
      const credentials = { accessKeyId: 'test', secretAccessKey: secretOf('test') };
      const client = new SFNClient({ endpoint: deployed.endpoint, region: REGION, credentials });
      const { STATE_MACHINE_ARN = '' } = deployed.environmentOf('api');
      const { executions = [] } = await client.send(
        new ListExecutionsCommand({
          stateMachineArn: STATE_MACHINE_ARN.replace(/:live$/, ''),
          statusFilter: 'SUCCEEDED',
        }),
      );
      client.destroy();
      return executions;
    };
    const archive = (executionArn: string | undefined) =>
      deployed.lambda.invoke(deployed.nameOf('archive-execution'), {
        source: 'aws.states',
        detail: { executionArn, status: 'SUCCEEDED' },
      });

    test('is archived with its whole history and its key’s chain, without a task token, and once', async () => {
      const executions = await closedExecutions();
      for (const { executionArn } of executions) await archive(executionArn);
      const texts = [...deployed.objects.values()].map((bytes) => gunzipSync(bytes).toString());
      expect(texts.length).toBe(executions.length);
      for (const [i, path] of [...deployed.objects.keys()].entries()) {
        const text = texts[i] ?? '';
        const [execution, chain, ...events] = text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(path).toMatch(/^\/[^/]+(\/[\da-f-]{36}){3}\/[\w-]+\.jsonl\.gz$/);
        expect(path).toContain(`/${execution.name}.jsonl.gz`);
        const ids = execution.events.map(({ id }: { id: number }) => id);
        expect(ids).toEqual(ids.map((_: unknown, position: number) => position + 1));
        expect(execution.events.at(-1).type).toBe('ExecutionSucceeded');
        expect(chain).toMatchObject({ type: 'chain', complete: true, sequence: events.length });
        expect(events.at(-1).event.hash).toBe(chain.hash);
        expect(text).not.toMatch(/taskToken\\*":\\*"(?!\(task token\))/);
      }
      // Of those that waited for a second person.
      expect(texts.filter((text) => text.includes('(task token)'))).not.toEqual([]);

      const before = new Map(deployed.objects);
      await archive(executions[0]?.executionArn);
      expect(deployed.objects).toEqual(before);
    });
  });

  describe('what X-Ray is told', () => {
    const parts = () => deployed.traces?.subsegments ?? [];
    /** What an invocation has asked of AWS. */
    const callsOf = (invocation: SentSubsegment | undefined) =>
      parts()
        .filter(({ parent_id }) => parent_id === invocation?.id)
        .map(({ name, aws }) => [name, aws?.operation, aws?.table_names ?? aws?.table_name].join(' ').trim());

    test('leads by one correlation id from the request through every step to the deletion', async () => {
      const call = callsTo(installation as Installation);
      const body = envelope({ name: 'Traced', extractable: false });
      const { id } = (await call('will', 'POST /api/v2/keys', { body })).resource;
      const asked = await call('will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
      expect((await call('mia', `DELETE /api/v2/keys/${id}`)).status).toBe(204);
      const authorization = (await call('rita', `GET /countersign/v1/keys/${id}/authorization`)).json;

      const correlationId = asked.headers.get('correlation-id');
      const named = () => parts().filter(({ annotations }) => annotations?.correlationId === correlationId);
      const functions = () => new Set(named().map(({ name }) => name));
      const steps = [
        'record-authorization',
        'await-approval',
        'settle-window',
        'delete-key',
        'notify-outcome',
      ];
      await expect.poll(functions).toEqual(new Set(['api', ...steps]));
      const ofApi = { route: '/api/v2/keys/:id/actions/setKeyForDeletion' };
      const ofStep = { authorizationId: authorization.id };
      for (const { name, annotations } of named())
        expect(annotations).toEqual({ correlationId, ...(name === 'api' ? ofApi : ofStep) });

      const { MAIN_TABLE, MATERIAL_TABLE } = deployed.environmentOf('api');
      expect(callsOf(named().find(({ name }) => name === 'api'))).toContain('SFN StartExecution');
      expect(callsOf(named().find(({ name }) => name === 'delete-key'))).toEqual(
        expect.arrayContaining([
          `DynamoDB GetItem ${MAIN_TABLE}`,
          'KMS GenerateDataKey',
          `DynamoDB TransactWriteItems ${MAIN_TABLE},${MATERIAL_TABLE}`,
        ]),
      );
    });

    test('is what X-Ray takes', () => {
      expect(parts().length).toBeGreaterThan(100);
      expect(deployed.traces?.refused).toEqual([]);
    });

    test('holds no credential, token, link or address', () => {
      const apiKeys = Object.values(installation?.apiKeys ?? {});
      const tells = (text: string) =>
        /cs_|eyJ|\/decide\/|@|taskToken/.test(text) || apiKeys.some((one) => text.includes(one));
      expect(deployed.traces?.texts.filter(tells)).toEqual([]);
    });
  });

  describe('what was asked of AWS meanwhile', () => {
    test('is what the roles of the functions allow', () => {
      expect(deployed.denials).toEqual([]);
    });

    test('is all that they allow: the API cannot take away the material of a key, and nobody lists it', async () => {
      const { MATERIAL_TABLE: TableName } = deployed.environmentOf('api');
      const { partitionKey, sortKey } = TABLE_KEY;
      const Key = { [partitionKey]: { S: 'key#instance#key' }, [sortKey]: { S: 'material' } };
      const accessKeyId = deployed.nameOf('api');
      const credentials = { accessKeyId, secretAccessKey: secretOf(accessKeyId) };
      const client = new DynamoDBClient({ endpoint: deployed.endpoint, region: REGION, credentials });
      await expect(client.send(new DeleteItemCommand({ TableName, Key }))).rejects.toThrow(
        /not authorized.*DeleteItem/,
      );
      const query = {
        TableName,
        KeyConditionExpression: '#p = :p',
        ExpressionAttributeNames: { '#p': partitionKey },
      };
      const values = { ExpressionAttributeValues: { ':p': { S: 'key#instance#key' } } };
      await expect(client.send(new QueryCommand({ ...query, ...values }))).rejects.toThrow(
        /not authorized.*Query/,
      );
      client.destroy();
    });

    test('left no credential, token or link in any log', () => {
      const logs = deployed.lambda.logs.join('\n');
      expect(logs).toContain('"route":"/api/v2/keys/:id"');
      expect(logs).not.toMatch(/cs_[\w-]{20}|eyJ[\w-]{20}|\/decide\/[\w-]{20}|arn:aws:states:[^"]*task/i);
      for (const apiKey of Object.values(installation?.apiKeys ?? {})) expect(logs).not.toContain(apiKey);
    });
  });
});
