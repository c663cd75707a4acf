import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { iamDocument } from './iam-document.ts';
import { whyAllowed, whyDenied, whyOfService } from './iam-reasons.ts';
import { functionsOf, synthesized } from './synthesized.ts';

const stack = synthesized();
const page = iamDocument(stack);

test('docs/iam.md is what the template says now: otherwise run `npm run docs:iam`', () => {
  expect(readFileSync(new URL('../../docs/iam.md', import.meta.url), 'utf8')).toBe(page);
});

test('every function has a section', () => {
  for (const name of functionsOf(stack).keys()) expect(page).toContain(`### ${name}\n`);
});

test('no generated name is on the page, which would change with the stack’s', () => {
  expect(page).not.toMatch(/[0-9A-F]{8}\b/);
  expect(page).not.toMatch(/arn of|111122223333/);
});

describe('a right without a reason stops the page', () => {
  test.each([
    [() => whyAllowed('dynamodb:Scan', 'Tables/Main'), 'no reason for dynamodb:Scan on Tables/Main'],
    [() => whyAllowed('kms:Decrypt', 'Keys/TokenSigning'), 'no reason for kms:Decrypt on Keys/TokenSigning'],
    [() => whyDenied('s3:GetObject'), 'no reason for denying s3:GetObject'],
    [() => whyOfService('sns:Subscribe x'), 'no reason for a service’s sns:Subscribe x'],
  ])('%#', (ask, message) => {
    expect(ask).toThrow(message);
  });
});
