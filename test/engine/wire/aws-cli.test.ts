import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemEngineClock } from '../../../lib/engine/clock.ts';
import { groupCommit, openDatabase } from '../../../lib/engine/database.ts';
import { openEngine } from '../../../lib/engine/engine.ts';
import { serveStepFunctions } from '../../../lib/engine/wire/listener.ts';
import { tokenKeeper, WAITING } from '../support/machines.ts';
import { memoryFile } from '../support/temporary.ts';
import { ACCESS_KEY, executionArn, STATE_MACHINE, secretOf } from './fixture.ts';

const run = promisify(execFile);
const hasCli = isThere();
if (!hasCli) console.warn('SKIPPED: there is no `aws`; put the AWS CLI on the PATH to run these tests');

function isThere(): boolean {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8' }).startsWith('aws-cli/');
  } catch {
    return false;
  }
}

/** An engine on the machine's own clock, and the AWS CLI against it. */
async function opened() {
  const keeper = tokenKeeper();
  const clock = systemEngineClock();
  const database = openDatabase(memoryFile());
  const engine = openEngine({
    database,
    commit: groupCommit(database),
    clock,
    definition: WAITING,
    functions: { 'hand-over': keeper.handOver },
  });
  const listener = await serveStepFunctions({ engine, clock, port: 0, secretOf });
  onTestFinished(async () => {
    await listener.close(0);
    await engine.close();
    database.close();
  });
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    AWS_ACCESS_KEY_ID: ACCESS_KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ACCESS_KEY.secretAccessKey,
    AWS_DEFAULT_REGION: 'local',
    AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${listener.port}`,
    AWS_PAGER: '',
  };
  const aws = async (...args: readonly string[]) => {
    const { stdout } = await run('aws', ['stepfunctions', ...args], { env });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  return { aws, env, ...keeper };
}

describe.skipIf(!hasCli)('the AWS CLI', () => {
  test('starts an execution, answers its task, and reads what became of it', async () => {
    const { aws, tokensOf } = await opened();
    const started = await aws(
      'start-execution',
      '--state-machine-arn',
      STATE_MACHINE,
      '--name',
      'one',
      '--input',
      '{"seconds":600}',
    );
    expect(started.executionArn).toBe(executionArn('one'));
    const taskToken = tokensOf('one')[0] ?? '';
    await aws('send-task-heartbeat', '--task-token', taskToken);
    await aws('send-task-success', '--task-token', taskToken, '--task-output', '{"said":"yes"}');
    const described = await aws('describe-execution', '--execution-arn', executionArn('one'));
    expect(described).toMatchObject({ status: 'SUCCEEDED', output: '{"said":"yes"}' });
    const history = await aws(
      'get-execution-history',
      '--execution-arn',
      executionArn('one'),
      '--page-size',
      '3',
    );
    expect(history.events).toHaveLength(10);
    const listed = await aws('list-executions', '--state-machine-arn', STATE_MACHINE);
    expect(listed.executions.map(({ name }: { name: string }) => name)).toEqual(['one']);
  });

  test('reads the state machine, and stops an execution', async () => {
    const { aws } = await opened();
    const { stateMachines } = await aws('list-state-machines');
    expect(stateMachines[0].stateMachineArn).toBe(STATE_MACHINE);
    const described = await aws('describe-state-machine', '--state-machine-arn', STATE_MACHINE);
    expect(JSON.parse(described.definition)).toEqual(WAITING);
    await aws('start-execution', '--state-machine-arn', STATE_MACHINE, '--name', 'one');
    await aws('stop-execution', '--execution-arn', executionArn('one'), '--cause', 'enough');
    const { status, cause } = await aws('describe-execution', '--execution-arn', executionArn('one'));
    expect([status, cause]).toEqual(['ABORTED', 'enough']);
  });

  test('tells an exception by its name, and a wrong secret', async () => {
    const { aws, env } = await opened();
    await expect(aws('describe-execution', '--execution-arn', executionArn('none'))).rejects.toThrow(
      /\(ExecutionDoesNotExist\) when calling the DescribeExecution operation: Execution Does Not Exist/,
    );
    const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    await expect(run('aws', ['stepfunctions', 'list-state-machines'], { env: wrong })).rejects.toThrow(
      /\(InvalidSignatureException\).*Check your AWS Secret Access Key/s,
    );
  });
});
