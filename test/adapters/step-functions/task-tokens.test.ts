import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutTaskTokens } from '../../../lib/adapters/step-functions/task-tokens.ts';

const TOKEN = 'AQCEAAAAKgAAAAMAAAAAAAAAAb/9+Zf==';
const json = JSON.stringify;

describe('details without task tokens', () => {
  test.for(['taskToken', 'TaskToken', 'tasktoken', 'task_token', 'Token', 'token'])(
    'a field %s is replaced, whatever it holds',
    (name) => {
      expect(withoutTaskTokens({ [name]: TOKEN, other: 1 })).toEqual({ [name]: '(task token)', other: 1 });
      expect(withoutTaskTokens({ [name]: { deep: [TOKEN] } })).toEqual({ [name]: '(task token)' });
    },
  );

  test('a token inside the arguments of the task that waits is replaced', () => {
    const parameters = json({ FunctionName: 'await', Payload: { authorizationId: 'a1', taskToken: TOKEN } });
    expect(withoutTaskTokens({ resourceType: 'lambda', parameters })).toEqual({
      resourceType: 'lambda',
      parameters: '{"FunctionName":"await","Payload":{"authorizationId":"a1","taskToken":"(task token)"}}',
    });
  });

  test('a token in JSON inside JSON inside a list is replaced', () => {
    const input = json([{ body: json({ Payload: json({ TaskToken: TOKEN }) }) }]);
    expect(json(withoutTaskTokens({ input }))).not.toContain(TOKEN);
    expect(json(withoutTaskTokens({ input }))).toContain('(task token)');
  });

  test.for([
    ['cut off', json({ Payload: { taskToken: TOKEN } }).slice(0, -3)],
    ['a message', `Lambda failed with {"taskToken":"${TOKEN}"}`],
  ])('a text that mentions a token and is %s is withheld whole', ([, cause]) => {
    expect(withoutTaskTokens({ cause })).toEqual({ cause: '(withheld: may hold a task token)' });
  });

  test('everything else stays as it was written', () => {
    const details = {
      input: '{ "tokens" : 3,  "note": "no token here", "at": 1.0 }',
      name: 'AwaitApproval',
      cause: 'the token bucket is empty',
      inputDetails: { truncated: false },
      timeoutInSeconds: 604800,
      nothing: null,
      list: [1, 'two'],
    };
    expect(withoutTaskTokens(details)).toEqual(details);
  });

  test('no token survives, wherever it is', () => {
    const holder = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 6 },
        fc.constant({ taskToken: TOKEN }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 3 }),
        fc.array(tie('node'), { maxLength: 3 }),
        tie('node').map((node) => json(node)),
      ),
    })).node;
    fc.assert(fc.property(holder, (value) => !json(withoutTaskTokens(value)).includes('AQCEAAAAKg')));
  });
});
