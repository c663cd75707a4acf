import type { Status } from '../domain/authorization.ts';
import { TRANSIENT_ERROR } from '../domain/errors.ts';
import { DEFAULT_AUTHORIZATION_WINDOW, DEFAULT_REAUTHORIZATION_WINDOW } from '../domain/instance.ts';
import type { TaskName } from './task-names.ts';

/** A state machine in Amazon States Language (https://states-language.net/spec.html), JSONata throughout. */
export interface StateMachineDefinition {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly StartAt: string;
  readonly States: { readonly [name: string]: { readonly Type: string; readonly [field: string]: unknown } };
}

/** How a task's name becomes the name or ARN of a function. */
export type FunctionOf = (task: TaskName) => string;

/** What the first step answers for a request that was not recorded; every other answer is a status. */
export const NOT_RECORDED = 'not-recorded';

/**
 * Where an execution goes on, by the status that a step has read or written. Total: a step that finds what it did
 * not expect (it ran twice, somebody was quicker) still goes the right way.
 */
const ROUTES: { readonly [status in Status | typeof NOT_RECORDED]: string } = {
  'not-recorded': 'Refused',
  pending: 'AwaitApproval',
  approved: 'DeleteKey',
  destroying: 'DeleteKey',
  lapsed: 'AwaitReauthorization',
  drifted: 'AwaitReauthorization',
  consumed: 'NotifyOutcome',
  denied: 'NotifyOutcome',
  withdrawn: 'NotifyOutcome',
  expired: 'NotifyOutcome',
  superseded: 'NotifyOutcome',
  void: 'NotifyOutcome',
  refused: 'NotifyOutcome',
};

const TRANSIENT_ERRORS = [
  TRANSIENT_ERROR,
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

// Six repeats within 1 + 2 + 4 + 8 + 16 + 30 = 61 seconds. Never States.ALL: it would repeat the seven days as well.
const retryOf = (...ErrorEquals: readonly string[]) => [
  {
    ErrorEquals,
    IntervalSeconds: 1,
    BackoffRate: 2,
    MaxDelaySeconds: 30,
    MaxAttempts: 6,
    JitterStrategy: 'FULL',
  },
];

/** A step runs for seconds; a function that hangs is given up and run again. In seconds. */
const STEP_TIMEOUT = 60;

const REFERENCE = {
  instanceId: '{% $states.context.Execution.Input.instanceId %}',
  keyId: '{% $states.context.Execution.Input.keyId %}',
  authorizationId: '{% $states.context.Execution.Input.authorizationId %}',
  incarnation: '{% $states.context.Execution.Input.incarnation %}',
};

const PROGRESS = {
  status: '{% $states.result.Payload.status %}',
  secondsLeft: '{% $states.result.Payload.secondsLeft %}',
};

/**
 * The workflow: the first authorization is recorded, a second person has the window to approve, a closed window is
 * re-authorized or expires, and an approved deletion destroys the key. Run by Step Functions and by the embedded
 * engine alike. A callback carries no decision: every step reads the authorization and answers
 * `{ status, secondsLeft }`, and `Route` goes by that.
 *
 * @param functionOf what to write as `FunctionName` for each task.
 */
export function workflowDefinition(functionOf: FunctionOf): StateMachineDefinition {
  return {
    Comment: 'Countersign: a key is deleted when two different people say so',
    QueryLanguage: 'JSONata',
    StartAt: 'RecordAuthorization',
    States: {
      RecordAuthorization: {
        ...step(functionOf('record-authorization'), '{% $states.input %}'),
        TimeoutSeconds: STEP_TIMEOUT,
      },
      Route: {
        Type: 'Choice',
        Choices: Object.entries(ROUTES).map(([status, Next]) => ({
          Condition: `{% $status = '${status}' %}`,
          Next,
        })),
        Default: 'StatusUnknown',
      },
      AwaitApproval: {
        ...wait(functionOf('await-approval'), DEFAULT_AUTHORIZATION_WINDOW),
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'SettleWindow' }],
        Next: 'SettleWindow',
      },
      SettleWindow: { ...step(functionOf('settle-window'), REFERENCE), TimeoutSeconds: STEP_TIMEOUT },
      AwaitReauthorization: {
        ...wait(functionOf('await-reauthorization'), DEFAULT_REAUTHORIZATION_WINDOW),
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'SettleReauthorization' }],
        Next: 'SettleReauthorization',
      },
      SettleReauthorization: {
        ...step(functionOf('settle-reauthorization'), REFERENCE),
        TimeoutSeconds: STEP_TIMEOUT,
      },
      DeleteKey: { ...step(functionOf('delete-key'), REFERENCE), TimeoutSeconds: STEP_TIMEOUT },
      NotifyOutcome: {
        ...step(functionOf('notify-outcome'), REFERENCE),
        TimeoutSeconds: STEP_TIMEOUT,
        Next: 'WasTheKeyDeleted',
      },
      WasTheKeyDeleted: {
        Type: 'Choice',
        Choices: [{ Condition: "{% $status = 'consumed' %}", Next: 'Deleted' }],
        Default: 'Closed',
      },
      Deleted: { Type: 'Succeed', Output: { status: '{% $status %}' } },
      Closed: { Type: 'Succeed', Output: { status: '{% $status %}' } },
      Refused: { Type: 'Succeed', Output: { status: '{% $status %}' } },
      StatusUnknown: {
        Type: 'Fail',
        Error: 'Countersign.StatusUnknown',
        Cause: '{% "No route leads on from the status " & $string($status) %}',
      },
    },
  };
}

/** A step that answers at once; what it found is kept, and `Route` goes by it. */
const step = (functionName: string, payload: unknown) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: functionName, Payload: payload },
  Assign: PROGRESS,
  Retry: retryOf(...TRANSIENT_ERRORS, 'States.Timeout'),
  Next: 'Route',
});

/** A step that stores its task token and ends when somebody wakes it, or when the time is over. */
const wait = (functionName: string, defaultSeconds: number) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: {
    FunctionName: functionName,
    Payload: {
      ...REFERENCE,
      taskToken: '{% $states.context.Task.Token %}',
      enteredAt: '{% $states.context.State.EnteredTime %}',
      retryCount: '{% $states.context.State.RetryCount %}',
    },
  },
  TimeoutSeconds: `{% $max([1, $type($secondsLeft) = "number" ? $secondsLeft : ${defaultSeconds}]) %}`,
  Retry: retryOf(...TRANSIENT_ERRORS),
});
