import { afterEach, describe, expect, it } from 'vitest';
import type { Workflow } from '../../lib/ports/workflow.ts';

/** What the suite's state machine calls: the function of that name, with a payload. */
export type Functions = Readonly<Record<string, (payload: unknown) => Promise<unknown>>>;

export interface OpenedWorkflow {
  readonly workflow: Workflow;
  /** Lets everything run that needs no time. */
  readonly settle: () => Promise<void>;
  /** Lets so many seconds go by. */
  readonly advance: (seconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface WorkflowContract {
  /** Opens the service with one state machine; its functions are the ones given. */
  readonly open: (definition: object, functions: Functions) => Promise<OpenedWorkflow>;
  /**
   * What starting answers where an execution of that name and input still runs. StartExecution is idempotent then and
   * does not tell it apart. Default `exists`.
   */
  readonly repeated?: 'exists' | 'started';
}

const WINDOW_SECONDS = 604_800;

/** Hands over a token, waits for a week, and ends; a waking and a time-out can be told apart. */
const DEFINITION = {
  QueryLanguage: 'JSONata',
  StartAt: 'Await',
  States: {
    Await: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: 'keep-token',
        Payload: { token: '{% $states.context.Task.Token %}', input: '{% $states.input %}' },
      },
      TimeoutSeconds: WINDOW_SECONDS,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Lapsed' }],
      Output: { woken: '{% $states.result %}' },
      Next: 'Woken',
    },
    Woken: { Type: 'Succeed' },
    Lapsed: { Type: 'Succeed' },
  },
};

/** What every adapter of the `Workflow` port does, sentence by sentence of the port. */
export function describeWorkflow(name: string, { open, repeated = 'exists' }: WorkflowContract): void {
  describe(`the ${name} workflow`, () => {
    let opened: OpenedWorkflow | undefined;
    const payloads: unknown[] = [];
    const start = async (execution = 'one', input = {}) => {
      payloads.length = 0;
      opened = await open(DEFINITION, {
        'keep-token': async (payload) => {
          payloads.push(payload);
          return null;
        },
      });
      const { workflow, settle } = opened;
      const answer = await workflow.start(execution, input);
      await settle();
      const token = String(Object(payloads[0]).token);
      return { ...opened, answer, token };
    };
    afterEach(() => opened?.close());

    it('starts an execution with its input, without what is undefined', async () => {
      const { workflow, answer } = await start('one', { a: 1, b: undefined, c: { d: ['x'] } });
      expect(answer).toBe('started');
      expect(payloads).toEqual([{ token: expect.any(String), input: { a: 1, c: { d: ['x'] } } }]);
      expect(await workflow.status('one')).toBe('RUNNING');
    });

    it('gives a name once, whether its execution runs or is closed', async () => {
      const { workflow, token, settle } = await start();
      expect(await workflow.start('one', {})).toBe(repeated);
      expect(await workflow.start('one', { another: 'input' })).toBe('exists');
      await workflow.wake(token);
      await settle();
      expect(await workflow.status('one')).toBe('SUCCEEDED');
      expect(await workflow.start('one', {})).toBe('exists');
    });

    it('starts one execution when a name is asked for many times at once', async () => {
      const { workflow, settle } = await start();
      const answers = await Promise.all([1, 2, 3, 4].map(() => workflow.start('two', {})));
      expect(answers.toSorted()).toEqual([repeated, repeated, repeated, 'started'].toSorted());
      await settle();
      expect(payloads).toHaveLength(2);
    });

    it('wakes a task that waits, once', async () => {
      const { workflow, token, settle } = await start();
      expect(await workflow.wake(token)).toBe('woken');
      expect(await workflow.wake(token)).toBe('gone');
      await settle();
      expect(await workflow.status('one')).toBe('SUCCEEDED');
      const { events } = await workflow.history('one', { limit: 100 });
      expect(events.at(-1)).toMatchObject({ details: { output: '{"woken":{}}' } });
    });

    it('finds nothing to wake by a token that was never issued', async () => {
      const { workflow, token } = await start();
      expect(await workflow.wake('no token')).toBe('gone');
      expect(await workflow.wake(`${token.slice(0, -4)}AAAA`)).toBe('gone');
      expect(await workflow.status('one')).toBe('RUNNING');
    });

    it('ends the wait when its time is over, not before, and then there is nothing to wake', async () => {
      const { workflow, token, advance } = await start();
      await advance(WINDOW_SECONDS - 1);
      expect(await workflow.status('one')).toBe('RUNNING');
      await advance(1);
      expect(await workflow.status('one')).toBe('SUCCEEDED');
      expect(await workflow.wake(token)).toBe('gone');
      const { events } = await workflow.history('one', { limit: 100 });
      expect(events.map(({ type }) => type)).toContain('TaskTimedOut');
    });

    it('stops an execution; what waited in it cannot be woken any more', async () => {
      const { workflow, token } = await start();
      await workflow.stop('one', 'replaced');
      expect(await workflow.status('one')).toBe('ABORTED');
      expect(await workflow.wake(token)).toBe('gone');
      const { events } = await workflow.history('one', { limit: 100 });
      expect(events.at(-1)).toMatchObject({ type: 'ExecutionAborted', details: { cause: 'replaced' } });
    });

    it('does nothing when a closed or unknown execution is stopped', async () => {
      const { workflow, token, settle } = await start();
      await workflow.wake(token);
      await settle();
      await workflow.stop('one', 'too late');
      await workflow.stop('unknown', 'no matter');
      expect(await workflow.status('one')).toBe('SUCCEEDED');
      expect(await workflow.status('unknown')).toBeUndefined();
    });

    it('tells the history in order and in pages, each event once', async () => {
      const { workflow, token, settle } = await start();
      await workflow.wake(token);
      await settle();
      const whole = await workflow.history('one', { limit: 1_000 });
      expect(whole.cursor).toBeUndefined();
      expect(whole.events.map(({ type }) => type)).toEqual([
        'ExecutionStarted',
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStarted',
        'TaskSubmitted',
        'TaskSucceeded',
        'TaskStateExited',
        'SucceedStateEntered',
        'SucceedStateExited',
        'ExecutionSucceeded',
      ]);
      const paged: unknown[] = [];
      let after: string | undefined;
      do {
        const page = await workflow.history('one', after === undefined ? { limit: 3 } : { limit: 3, after });
        expect(page.events.length).toBeLessThanOrEqual(3);
        paged.push(...page.events);
        after = page.cursor;
      } while (after !== undefined);
      expect(paged).toEqual(whole.events);
    });

    it('gives each event its id, the one before it, its time and its details', async () => {
      const { workflow } = await start('one', { a: 1 });
      const { events } = await workflow.history('one', { limit: 2 });
      expect(events).toMatchObject([
        { id: 1, previousEventId: 0, type: 'ExecutionStarted', details: { input: '{"a":1}' } },
        { id: 2, previousEventId: 0, type: 'TaskStateEntered', details: { name: 'Await' } },
      ]);
      for (const { timestamp } of events) expect(new Date(timestamp).toISOString()).toBe(timestamp);
    });

    it('never shows a task token', async () => {
      const { workflow, token } = await start();
      const { events } = await workflow.history('one', { limit: 100 });
      expect(JSON.stringify(events)).not.toContain(token);
      const scheduled = events.find(({ type }) => type === 'TaskScheduled');
      expect(JSON.parse(String(scheduled?.details.parameters))).toMatchObject({
        Payload: { token: '(task token)' },
      });
    });

    it('has no events of an execution that nobody started', async () => {
      const { workflow } = await start();
      expect((await workflow.history('unknown', { limit: 10 })).events).toEqual([]);
    });
  });
}
