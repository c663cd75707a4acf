import { setImmediate as turn } from 'node:timers/promises';
import { systemEngineClock } from '../../lib/engine/clock.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { type Engine, openEngine } from '../../lib/engine/engine.ts';

/** How many durable records the engine keeps of one approval: started, recorded, handed over, woken, deleted. */
export const RECORDS = 5;
/** About as many bytes as each of these has, in bytes. */
export const RECORD_BYTES = 150;

/** Asked of the program: every step is on disk before the next, as if all had an effect outside. */
export const OUTSIDE = 'outside';

const REFERENCE = {
  keyId: '{% $states.context.Execution.Input.keyId %}',
  authorizationId: '{% $states.context.Execution.Input.authorizationId %}',
};

const invoke = (resource: string, FunctionName: string, Payload: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::lambda:${resource}`,
  Arguments: { FunctionName, Payload },
  Retry: [{ ErrorEquals: ['TransientError'], MaxAttempts: 6, JitterStrategy: 'FULL' }],
});

const STATUS = { status: '{% $states.result.Payload.status %}' };

/** One approval as our workflow runs it, with its fields: record, wait on a token, route, delete, done. */
const APPROVAL = {
  QueryLanguage: 'JSONata',
  StartAt: 'Record',
  States: {
    Record: {
      ...invoke('invoke', 'record', { ...REFERENCE, requester: '{% $states.input.requester %}' }),
      TimeoutSeconds: 60,
      Assign: { ...STATUS, secondsLeft: '{% $states.result.Payload.secondsLeft %}' },
      Next: 'Await',
    },
    Await: {
      ...invoke('invoke.waitForTaskToken', 'hand-over', {
        ...REFERENCE,
        taskToken: '{% $states.context.Task.Token %}',
      }),
      TimeoutSeconds: '{% $max([1, $type($secondsLeft) = "number" ? $secondsLeft : 604800]) %}',
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Closed' }],
      Assign: { status: '{% $states.result.status %}' },
      Next: 'Route',
    },
    Route: {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $status = 'denied' %}", Next: 'Closed' },
        { Condition: "{% $status = 'approved' %}", Next: 'Delete' },
      ],
      Default: 'Closed',
    },
    Delete: { ...invoke('invoke', 'delete', REFERENCE), TimeoutSeconds: 60, Assign: STATUS, Next: 'Deleted' },
    Deleted: { Type: 'Succeed', Output: { status: '{% $status %}' } },
    Closed: { Type: 'Succeed', Output: { status: '{% $status %}' } },
  },
};

/** The engine with the approval's workflow, and functions that only say that they were called. */
export interface Approvals {
  readonly engine: Engine;
  /** Starts one; resolves with its token when that was handed over. */
  request(id: string): Promise<string>;
  /** Wakes it; resolves when it is closed, durably. */
  approve(id: string, token: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param inside whether the functions count as those of an installation do, whose effects are all in the database; else
 *   each is called when the disk has what led to it.
 */
export function openApprovals(path: string, inside = true): Approvals {
  const handedOver = new Map<string, (token: string) => void>();
  const database = openDatabase(path);
  const engine = openEngine({
    database,
    commit: groupCommit(database),
    clock: systemEngineClock(),
    definition: APPROVAL,
    functions: {
      record: () => Promise.resolve({ status: 'pending', secondsLeft: 604_800 }),
      'hand-over': (payload) => {
        if (isHandOver(payload)) handedOver.get(payload.authorizationId)?.(payload.taskToken);
        return Promise.resolve({ status: 'waiting' });
      },
      delete: () => Promise.resolve({ status: 'consumed' }),
    },
    insideDatabase: inside ? ['record', 'hand-over', 'delete'] : [],
  });
  const closed = closing(engine);
  return {
    engine,
    async request(id) {
      const token = new Promise<string>((resolve) => handedOver.set(id, resolve));
      await engine.start(id, { keyId: `key-${id}`, authorizationId: id, requester: 'requester@example.com' });
      const handed = await token;
      handedOver.delete(id);
      return handed;
    },
    async approve(id, token) {
      await engine.sendTaskSuccess(token, { status: 'approved' });
      await closed(id);
    },
    async close() {
      await engine.close();
      database.close();
    },
  };
}

interface HandOver {
  readonly authorizationId: string;
  readonly taskToken: string;
}

const isHandOver = (payload: unknown): payload is HandOver =>
  typeof payload === 'object' && payload !== null && 'authorizationId' in payload && 'taskToken' in payload;

/** Looks each turn of the event loop who is closed by now. */
function closing(engine: Engine): (id: string) => Promise<void> {
  const waiting = new Map<string, () => void>();
  const look = async () => {
    while (waiting.size > 0) {
      for (const [id, resolve] of waiting) {
        if (engine.status(id) === 'RUNNING') continue;
        waiting.delete(id);
        resolve();
      }
      await turn();
    }
  };
  return (id) =>
    new Promise((resolve) => {
      waiting.set(id, resolve);
      if (waiting.size === 1) void look();
    });
}
