import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authorizedKey, countersign, install, startServer, temporaryFolder } from './command.ts';

const STATE_MACHINE = 'arn:aws:states:local:000000000000:stateMachine:countersign';

const jsonOf = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await countersign([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe('countersign access-key', () => {
  test('makes a key that the Step Functions API takes at once, until it is removed', async () => {
    const installed = await install();
    const { dataDir } = installed;
    const server = await startServer(['--data-dir', dataDir, '--step-functions-port', '0']);
    const endpoint = /^Step Functions API: (http:\/\/127\.0\.0\.1:\d+) \(region local\)$/m.exec(
      server.stdout,
    )?.[1];
    const credentials = await jsonOf(['access-key', 'create', '--data-dir', dataDir]);
    const client = new SFNClient({ endpoint, region: 'local', credentials, maxAttempts: 1 });
    onTestFinished(() => client.destroy());
    await authorizedKey('payroll', { email: 'will@example.com', server, installed });

    const list = () => client.send(new ListExecutionsCommand({ stateMachineArn: STATE_MACHINE }));
    expect((await list()).executions?.map(({ status }) => status)).toEqual(['RUNNING']);

    const { accessKeyId } = credentials;
    expect(await jsonOf(['access-key', 'list', '--data-dir', dataDir])).toEqual([
      { accessKeyId, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    await countersign(['access-key', 'remove', accessKeyId, '--data-dir', dataDir]);
    await expect(list()).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    expect((await server.stop()).code).toBe(0);
  });

  test('prints the secret under the names that the tools of AWS read', async () => {
    const { dataDir } = await install();
    const { stdout } = await countersign(['access-key', 'create', '--data-dir', dataDir]);
    expect(stdout).toMatch(/^ {2}export AWS_ACCESS_KEY_ID=CSAK[A-Z2-7]{16}$/m);
    expect(stdout).toMatch(/^ {2}export AWS_SECRET_ACCESS_KEY=[\w-]{40}$/m);
    const listed = await countersign(['access-key', 'list', '--data-dir', dataDir]);
    expect(listed.stdout).toMatch(/^access key +created\nCSAK[A-Z2-7]{16} +\d{4}-\S+Z\n$/);
    expect(stdout.match(/AWS_SECRET_ACCESS_KEY=(\S+)/)?.[1]).not.toBe('');
  });

  test('says in one line what is not there', async () => {
    const { dataDir } = await install();
    const removed = await countersign(['access-key', 'remove', 'CSAKNONE', '--data-dir', dataDir]);
    expect(removed).toEqual({
      code: 1,
      stdout: '',
      stderr: `countersign: there is no access key CSAKNONE in ${dataDir}: see countersign access-key list\n`,
    });
    const folder = temporaryFolder();
    const created = await countersign(['access-key', 'create', '--data-dir', folder]);
    expect(created).toEqual({
      code: 1,
      stdout: '',
      stderr: `countersign: there is no ${folder}/master.key\n`,
    });
  });
});

describe('countersign serve', () => {
  test('has no Step Functions API unless it is asked for', async () => {
    const { dataDir } = await install();
    expect((await startServer(['--data-dir', dataDir])).stdout).not.toContain('Step Functions');
  });

  test('does not start when the port of the Step Functions API is taken', async () => {
    const [one, two] = [await install(), await install()];
    const { stdout } = await startServer(['--data-dir', one.dataDir, '--step-functions-port', '0']);
    const port = /^Step Functions API: \S+:(\d+) /m.exec(stdout)?.[1] ?? '';
    const args = ['serve', '--port', '0', '--data-dir', two.dataDir, '--step-functions-port', port];
    expect(await countersign(args)).toEqual({
      code: 1,
      stdout: '',
      stderr: `countersign: the Step Functions API cannot listen on 127.0.0.1, port ${port}: EADDRINUSE\n`,
    });
  });
});
