import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countersign, temporaryFolder } from './command.ts';

const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Pay',
  States: {
    Pay: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${PayFunction}', Payload: '{% $states.input %}' },
      Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 30 }],
      Output: '{% $states.result.Payload %}',
      Next: 'Ask',
    },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 604_800,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Too late' }],
      End: true,
    },
    'Too late': { Type: 'Fail', Error: 'TooLate', Cause: 'nobody answered' },
  },
};
const PAID = { Pay: [{ throw: { error: 'Busy' } }, { return: { paid: 3 }, afterSeconds: 2 }] };

/** Runs the definition with these results, as files. */
async function rehearsed(results: unknown, ...more: readonly string[]) {
  const folder = temporaryFolder();
  const file = (name: string, contents: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
    return path;
  };
  const files = [
    '--definition',
    file('definition.json', DEFINITION),
    '--results',
    file('results.json', results),
  ];
  const outcome = await countersign(['workflow', 'run', ...files, ...more]);
  expect(readdirSync(folder)).toHaveLength(2);
  return outcome;
}

async function refused(results: unknown, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await rehearsed(results, ...more);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
  return stderr;
}

describe('countersign workflow run', () => {
  test("prints the history in AWS's shape, on a virtual clock, and leaves no file behind", async () => {
    const temporary = () => readdirSync(tmpdir()).filter((name) => name.endsWith('.db'));
    const before = temporary();
    const results = { ...PAID, Ask: [{ return: { yes: true }, afterSeconds: 86_400 }] };
    const { code, stdout, stderr } = await rehearsed(results, '--json', '--input', '{"amount": 3}');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const run = JSON.parse(stdout);
    expect(Object.keys(run)).toEqual(['status', 'output', 'events']);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { yes: true } });
    expect(run.events[0]).toMatchObject({
      timestamp: '2026-01-01T00:00:00.000Z',
      type: 'ExecutionStarted',
      id: 1,
      previousEventId: 0,
      executionStartedEventDetails: { input: '{"amount":3}' },
    });
    expect(run.events[2]).toMatchObject({
      type: 'TaskScheduled',
      taskScheduledEventDetails: {
        resourceType: 'lambda',
        resource: 'invoke',
        parameters: '{"FunctionName":"${PayFunction}","Payload":{"amount":3}}',
      },
    });
    expect(run.events.at(-1)).toMatchObject({
      timestamp: '2026-01-02T00:00:32.000Z',
      type: 'ExecutionSucceeded',
      executionSucceededEventDetails: { output: '{"yes":true}' },
    });
    expect(temporary()).toEqual(before);
  });

  test('prints a table and the outcome for people; a failure is an outcome like another', async () => {
    const { code, stdout } = await rehearsed({ ...PAID, Ask: [{ never: true }] });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +4 +3 +00:00:00 +TaskStarted$/m);
    expect(stdout).toMatch(/^ *\d+ +\d+ +7d 00:00:32 +TaskTimedOut +States\.Timeout$/m);
    expect(stdout).toMatch(/^FAILED after 7 days 32 seconds\nerror {3}TooLate\ncause {3}nobody answered$/m);
  });

  test('what never ends is left after a year, with what there is and a line that says so', async () => {
    const definition = join(temporaryFolder(), 'definition.json');
    const A = { Type: 'Wait', Seconds: 86_400, Next: 'A' };
    writeFileSync(definition, JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A } }));
    const { code, stdout, stderr } = await countersign([
      'workflow',
      'run',
      '--definition',
      definition,
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'RUNNING', unfinished: expect.any(String) });
    expect(stderr).toBe(
      'countersign: it was not followed beyond 365 days: it still waits in the state "A"\n',
    );
  });

  test('a state without an entry is named before anything runs', async () => {
    expect(await refused(PAID)).toContain('no entry for the state "Ask"');
    const misspelt = await refused({ ...PAID, Aks: [{ never: true }] });
    expect(misspelt).toContain('no entry for the state "Ask"');
  });

  test.for([
    ['{"Pay": ', 'is not JSON'],
    [[], 'must be an object'],
    [{ Pay: { return: 1 } }, 'must be an object'],
    [{ Pay: [{ return: 1, throw: { error: 'x' } }] }, 'state "Pay", entry 1'],
    [{ Pay: [{ return: 1 }, { retrun: 1 }] }, 'state "Pay", entry 2'],
    [{ Pay: [{ never: false }] }, 'state "Pay", entry 1'],
    [{ Pay: [{ return: 1, afterSeconds: -1 }] }, 'state "Pay", entry 1'],
  ] as const)('results that cannot be read are refused in one line: %j', async ([results, reason]) => {
    expect(await refused(results)).toContain(reason);
  });

  test('so are an input that is not JSON, and a definition that the engine does not run', async () => {
    const answered = { ...PAID, Ask: [{ never: true }] };
    expect(await refused(answered, '--input', '{')).toContain('--input is not JSON');
    const path = join(temporaryFolder(), 'other.json');
    writeFileSync(
      path,
      JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Map' } } }),
    );
    const { code, stderr } = await countersign(['workflow', 'run', '--definition', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^countersign: state "A", field Type: [^\n]+\n$/);
  });
});
