import { WireException } from './exceptions.ts';
import { failureOf } from './executions.ts';
import type { Member } from './members.ts';
import { CAUSE_MEMBER, DATA_MEMBER, ERROR_MEMBER, operation, parsed } from './operation.ts';

const TASK_TOKEN = {
  type: 'string',
  least: 1,
  most: 2_048,
  required: true,
  secret: true,
} as const satisfies Member;

export const sendTaskSuccess = operation(
  { taskToken: TASK_TOKEN, output: { ...DATA_MEMBER, required: true } },
  async ({ taskToken, output: text }, { engine }) => {
    const output = parsed(text);
    if (output === undefined) throw new WireException('InvalidOutput', "Invalid Output: 'Invalid output.'");
    await engine.sendTaskSuccess(taskToken, output);
    return {};
  },
);

export const sendTaskFailure = operation(
  { taskToken: TASK_TOKEN, error: ERROR_MEMBER, cause: CAUSE_MEMBER },
  async ({ taskToken, error, cause }, { engine }) => {
    await engine.sendTaskFailure(taskToken, failureOf(error, cause));
    return {};
  },
);

export const sendTaskHeartbeat = operation({ taskToken: TASK_TOKEN }, async ({ taskToken }, { engine }) => {
  await engine.sendTaskHeartbeat(taskToken);
  return {};
});
