import { describe, expect, test } from 'vitest';
import { problemsOf } from '../../lib/engine/check-definition.ts';
import { WAITING } from './support/machines.ts';

const found = (definition: object) => problemsOf(definition).map(({ state, field }) => [state, field]);

describe('what the engine does not support in a definition', () => {
  test('is nothing where it runs it', () => {
    expect(problemsOf(WAITING)).toEqual([]);
  });

  test('is told of every state, and of every field of it', () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', InputPath: '$', ResultPath: '$.a', Output: '{% 1 + %}', Next: 'B' },
        B: { Type: 'Parallel', Branches: [] },
        C: { Type: 'Wait', Seconds: -1, Comment: 3, End: true },
      },
    };
    expect(found(definition)).toEqual([
      ['A', 'InputPath'],
      ['A', 'ResultPath'],
      ['A', 'Output'],
      ['B', 'Type'],
      ['C', 'Comment'],
      ['C', 'Seconds'],
    ]);
  });

  test('a field that is missing is told once, and not one that is only missing from the look', () => {
    const definition = (state: object) => ({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: state } });
    expect(found(definition({ Type: 'Pass' }))).toEqual([['A', 'Next']]);
    expect(found(definition({ Type: 'Pass', Next: 7 }))).toEqual([['A', 'Next']]);
    expect(found(definition({ Type: 'Pass', End: 'yes', ResultPath: null }))).toEqual([
      ['A', 'ResultPath'],
      ['A', 'End'],
    ]);
  });

  test('what is wrong between the states or with the whole comes first', () => {
    const States = { A: { Type: 'Pass', Next: 'Nowhere' } };
    expect(found({ QueryLanguage: 'JSONata', StartAt: 'A', States })).toEqual([['A', 'Next']]);
    expect(found({ QueryLanguage: 'JSONPath', StartAt: 'A', States })).toEqual([
      [undefined, 'QueryLanguage'],
    ]);
    expect(found({})).toEqual([[undefined, 'StartAt']]);
    expect(found({ QueryLanguage: 'JSONata', StartAt: 'A', States: [] })).toEqual([[undefined, 'States']]);
    expect(found({ StartAt: 'A', States: { A: null } })).toEqual([
      ['A', 'QueryLanguage'],
      ['A', '(whole)'],
    ]);
  });
});
