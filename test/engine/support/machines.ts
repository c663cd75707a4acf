const invoke = (resource: string, functionName: string, payload: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::lambda:${resource}`,
  Arguments: { FunctionName: functionName, Payload: payload },
});

const token = { token: '{% $states.context.Task.Token %}', name: '{% $states.context.Execution.Name %}' };

/** Hands a token over, waits at most the seconds of the input, and says what it was answered. */
export const WAITING = {
  QueryLanguage: 'JSONata',
  StartAt: 'Wait for an answer',
  States: {
    'Wait for an answer': {
      ...invoke('invoke.waitForTaskToken', 'hand-over', token),
      TimeoutSeconds: '{% $exists($states.input.seconds) ? $states.input.seconds : 604800 %}',
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Too late' }],
      Next: 'Answered',
    },
    Answered: { Type: 'Succeed' },
    'Too late': { Type: 'Succeed', Output: 'too late' },
  },
};

/** Calls one function with the input. */
export const CALLING = {
  QueryLanguage: 'JSONata',
  StartAt: 'Call',
  States: {
    Call: {
      ...invoke('invoke', 'work', { input: '{% $states.input %}' }),
      Output: '{% $states.result.Payload %}',
      End: true,
    },
  },
};

/** Waits so many seconds as the input says. */
export const SLEEPING = {
  QueryLanguage: 'JSONata',
  StartAt: 'Sleep',
  States: { Sleep: { Type: 'Wait', Seconds: '{% $states.input.seconds %}', End: true } },
};

/** What the function of WAITING is given. */
export interface HandOver {
  readonly token: string;
  readonly name: string;
}

export const isHandOver = (payload: unknown): payload is HandOver =>
  typeof payload === 'object' && payload !== null && 'token' in payload && 'name' in payload;

/** A function for WAITING that keeps every token it was given, by execution. */
export function tokenKeeper() {
  const given: HandOver[] = [];
  return {
    given,
    tokensOf: (name: string) => given.filter((one) => one.name === name).map((one) => one.token),
    handOver: (payload: unknown): Promise<null> => {
      if (isHandOver(payload)) given.push(payload);
      return Promise.resolve(null);
    },
  };
}
