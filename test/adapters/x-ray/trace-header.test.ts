import { expect, test } from 'vitest';
import { headerFrom, recordedTrace } from '../../../lib/adapters/x-ray/trace-header.ts';

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';
const RECORDED = `Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:0`;

test('a trace that is recorded has its id and the segment that ours stands in', () => {
  expect(recordedTrace(RECORDED)).toEqual({ id: ROOT, parent: '53995c3f42cd8ad8' });
  expect(recordedTrace(`Sampled=1;Parent=53995c3f42cd8ad8;Root=${ROOT}`)).toEqual(recordedTrace(RECORDED));
});

test.each([
  ['left out', `Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`],
  ['not decided about', `Root=${ROOT};Parent=53995c3f42cd8ad8`],
  ['off', `Root=${ROOT}`],
  ['without a parent', `Root=${ROOT};Sampled=1`],
  ['empty', ''],
  ['absent', undefined],
  ['something else', 'Sampled=1;;=;Root'],
])('one that is %s is not recorded', (_, header) => {
  expect(recordedTrace(header)).toBeUndefined();
});

test('whoever is called learns of the part that called, and of everything else that was there', () => {
  expect(headerFrom(RECORDED, '0123456789abcdef')).toBe(
    `Root=${ROOT};Parent=0123456789abcdef;Sampled=1;Lineage=1:a87bd80c:0`,
  );
});
