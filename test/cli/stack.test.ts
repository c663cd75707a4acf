import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { buildProgram } from '../../lib/cli/program.ts';
import { listInstances } from '../../lib/operations/init-instance.ts';
import { carryOutOrder } from '../../lib/wiring/administration.ts';
import { openSqliteStore } from '../support/stores.ts';
import { countersign } from './command.ts';

afterEach(() => vi.unstubAllEnvs());

const FUNCTION = 'Countersign-Administer-1';
const MANAGERS = ['--manager', 'ann@example.com', '--manager', 'bob@example.com'];

/** In the place of CloudFormation and Lambda: the administration of a real store behind their protocols. */
async function openStack({ fails = false } = {}) {
  const opened = await openSqliteStore();
  const { store } = opened;
  const invoked: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    if (request.url?.includes('/invocations') === true) {
      invoked.push(`${request.url} ${String(request.headers['x-amz-log-type'])}`);
      if (fails) return void response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
      const outcome = await carryOutOrder(
        { store, clock: { now: () => 0, sleep: async () => {} } },
        JSON.parse(body),
      );
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(outcome));
    }
    const name = new URLSearchParams(body).get('StackName');
    const [status, xml] = name === 'Countersign' ? [200, DESCRIBED] : [400, UNKNOWN];
    return void response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await opened.close();
  });
  const environment = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const run = (...args: readonly string[]) =>
    countersign([...args, '--stack', 'Countersign', '--region', 'eu-central-1'], environment);
  /** In this process: it throws what the command would say. */
  const refusal = (...args: readonly string[]) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const at = ['--stack', 'Countersign', '--region', 'eu-central-1'];
    const all = ['node', 'countersign', ...args, ...(args.includes('--stack') ? at.slice(2) : at)];
    return buildProgram().parseAsync(all);
  };
  const instances = async () => (await listInstances({ store })).map(({ name }) => name);
  return { invoked, run, refusal, instances };
}

const DESCRIBED = `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
  <StackName>Countersign</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-03-01T09:30:11Z</CreationTime>
  <Outputs><member><OutputKey>AdministrationFunction</OutputKey><OutputValue>${FUNCTION}</OutputValue></member></Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
const UNKNOWN =
  '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>no stack</Message></Error></ErrorResponse>';

test('the first instance of a stack and its people are made by its administration function', async () => {
  const { invoked, run, refusal, instances } = await openStack();
  const first = await run('init', '--instance', 'payments', ...MANAGERS);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^ {2}ann@example\.com {2}Manager {2}cs_\S+$/m);
  const [, id = ''] = /^Instance (\S+) \(payments\)/.exec(first.stdout) ?? [];

  const added = await run('person', 'add', 'max@example.com', '--role', 'Manager', '--instance', id);
  expect(added.stdout).toMatch(/max@example\.com is Manager[\s\S]*cs_\S+/);
  // Repeated by mistake, it makes no second one.
  await expect(refusal('init', ...MANAGERS)).rejects.toThrow('the stack Countersign has an instance already');
  expect(await instances()).toEqual(['payments']);
  expect(new Set(invoked)).toEqual(new Set([`/2015-03-31/functions/${FUNCTION}/invocations None`]));
}, 60_000);

test('what is refused, is not there or fails says so in one line', async () => {
  const { refusal } = await openStack();
  await expect(refusal('init', '--manager', 'ann@example.com')).rejects.toThrow('(approver-missing)');
  await expect(refusal('instance', 'lift-allowed-ip', 'none')).rejects.toThrow(
    'there is no instance none in the stack Countersign',
  );
  await expect(refusal('instance', 'list', '--stack', 'Another')).rejects.toThrow(
    /^there is no stack Another in this account and region$/,
  );
  const { refusal: failing } = await openStack({ fails: true });
  await expect(failing('instance', 'list')).rejects.toThrow(/^the administration function failed; .*$/);
}, 60_000);

test.each([
  [['instance', 'list'], 'where? Give --data-dir, or --stack for an installation on AWS'],
  [['instance', 'list', '--data-dir', 'x', '--stack', 'y'], 'either --data-dir or --stack'],
  [['instance', 'list', '--data-dir', 'x', '--region', 'y'], '--region and --profile are for --stack'],
  [['person', 'add', 'a@example.com', '--role', 'Reader', '--stack', 'y'], 'which instance? Give --instance'],
])('%j is answered with what is missing', async (args, message) => {
  await expect(buildProgram().parseAsync(['node', 'countersign', ...args])).rejects.toThrow(message);
});
