import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { PermanentError, TransientError } from '../../lib/domain/errors.ts';
import { readLine } from '../../lib/domain/evidence/read-line.ts';
import { archiveExecution } from '../../lib/operations/archive-execution.ts';
import type { ClosedExecution } from '../../lib/ports/closed-executions.ts';
import { openStory } from '../support/story.ts';

async function opened(input?: object) {
  const story = await openStory();
  onTestFinished(() => story.close());
  const key = await story.newKey();
  const reference = { instanceId: story.instanceId, keyId: key.id, authorizationId: 'authorization' };
  const execution: ClosedExecution = { name: 'authorization-1', input: input ?? reference, events: [] };
  const kept = new Map<string, string>();
  const archiving = {
    store: story.context.store,
    executions: {
      read: async (arn: string) => (arn === 'arn' ? execution : undefined),
      closedIn: async () => [],
      inputOf: async () => null,
    },
    archive: {
      async keep(name: string, bytes: Uint8Array) {
        kept.set(name, gunzipSync(bytes).toString());
        return 'kept' as const;
      },
      has: async (name: string) => kept.has(name),
    },
  };
  return { key, story, execution, kept, archiving };
}

test('an execution is kept under its instance, key and authorization, with the key’s whole chain as evidence has it', async () => {
  const { key, story, execution, kept, archiving } = await opened();
  const name = await archiveExecution(archiving, 'arn');
  expect(name).toBe(`${story.instanceId}/${key.id}/authorization/authorization-1.jsonl.gz`);
  const [first, ...others] = (kept.get(name) ?? '').trimEnd().split('\n');
  expect(JSON.parse(first ?? '')).toEqual(execution);
  const lines = others.map(readLine);
  expect(lines).toEqual(lines.map(() => expect.objectContaining({ ok: true, canonical: true })));
  expect(lines.map((read) => (read.ok ? read.line.type : ''))).toEqual(['chain', 'event']);
});

test('one that has gone on after it had closed is kept beside what it was before', async () => {
  const { execution, archiving } = await opened();
  const once = await archiveExecution(archiving, 'arn');
  const again = { ...archiving.executions, read: async () => ({ ...execution, redriveCount: 2 }) };
  expect(await archiveExecution({ ...archiving, executions: again }, 'arn')).toBe(
    once.replace('authorization-1', 'authorization-1.redriven-2'),
  );
});

test('one that cannot be found yet is looked for again', async () => {
  const { archiving } = await opened();
  await expect(archiveExecution(archiving, 'another')).rejects.toThrow(TransientError);
});

test.each([
  ['no input', {}],
  ['a path for an id', { instanceId: '../elsewhere', keyId: 'key', authorizationId: 'authorization' }],
])('one with %s is none of ours, and nothing is kept', async (_, input) => {
  const { kept, archiving } = await opened(input);
  await expect(archiveExecution(archiving, 'arn')).rejects.toThrow(PermanentError);
  expect(kept.size).toBe(0);
});
