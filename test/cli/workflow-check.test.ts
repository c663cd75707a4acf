import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND, countersign, temporaryFolder } from './command.ts';

const written = (contents: unknown): string => {
  const path = join(temporaryFolder(), 'definition.json');
  writeFileSync(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
  return path;
};

const machine = (states: object) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
});

describe('countersign workflow check', () => {
  test('finds nothing in the built-in definition', async () => {
    const outcome = await countersign(['workflow', 'check']);
    expect(outcome).toEqual({
      code: 0,
      stdout: 'the built-in definition: everything in it is supported\n',
      stderr: '',
    });
  });

  test('tells each problem with its state, field and reason', async () => {
    const path = written(
      machine({
        Pay: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: {}, Next: 'Split' },
        Split: { Type: 'Parallel', Branches: [], End: true },
      }),
    );
    const { code, stdout, stderr } = await countersign(['workflow', 'check', path]);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'state "Pay", field Parameters: is JSONPath; use Arguments',
      expect.stringMatching(
        /^state "Pay", field Resource: arn:aws:states:::sqs:sendMessage is not supported/,
      ),
      expect.stringMatching(/^state "Split", field Type: must be one of Task, .* not "Parallel"$/),
    ]);
    expect(stderr).toBe(`countersign: the embedded engine does not run ${path}: 3 problems\n`);
  });

  test('takes the placeholders of a Resource for what a deployment would put there', async () => {
    const invoke = { Type: 'Task', Arguments: { FunctionName: '${Pay}' }, End: true };
    const check = async (Resource: string) =>
      (await countersign(['workflow', 'check', written(machine({ Pay: { ...invoke, Resource } }))])).code;
    expect(await check('${Pay.Arn}')).toBe(0);
    expect(await check('arn:${AWS::Partition}:states:::lambda:invoke')).toBe(0);
    expect(await check('arn:${AWS::Partition}:states:::sqs:sendMessage')).toBe(1);
  });

  test('reads a definition from standard input', async () => {
    const child = spawn(process.execPath, [COMMAND, 'workflow', 'check', '-']);
    child.stdin.end(JSON.stringify(machine({ A: { Type: 'Succeed' } })));
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  test.for([
    ['no JSON', '{"StartAt":', 'is not JSON'],
    ['no object', '[1]', 'is no definition'],
  ] as const)('a file that holds %s is refused in one line', async ([, contents, reason]) => {
    const { code, stdout, stderr } = await countersign(['workflow', 'check', written(contents)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^countersign: [^\n]+\n$/);
    expect(stderr).toContain(reason);
  });

  test('so is a file that is not there, or a folder', async () => {
    const folder = temporaryFolder();
    for (const path of [folder, join(folder, 'missing.json')]) {
      const { code, stderr } = await countersign(['workflow', 'check', path]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^countersign: \S+ cannot be read: E\w+\n$/);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
