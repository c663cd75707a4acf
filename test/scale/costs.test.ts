import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { synthesized } from '../infra/synthesized.ts';

const PAGE = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, as their cells without emphasis. */
function table(heading: string): readonly (readonly string[])[] {
  const lines = PAGE.slice(PAGE.indexOf(`| ${heading}`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('*', '').trim()),
  );
}

const money = (cell = ''): number => Number(cell.replace(/[$,]/g, ''));
const decimals = (cell = ''): number => cell.split('.')[1]?.length ?? 0;

/** The sum of a table whose rows multiply to what they say. */
function summed(heading: string): { readonly sum: number; readonly said: number } {
  const rows = table(heading);
  const parts = rows.slice(0, -1);
  expect(parts.length).toBeGreaterThan(5);
  for (const [what, amount, price, costs] of parts)
    expect((money(amount) * money(price)).toFixed(decimals(costs)), what).toBe(
      money(costs).toFixed(decimals(costs)),
    );
  return {
    sum: parts.reduce((sum, [, , , costs]) => sum + money(costs), 0),
    said: money(rows.at(-1)?.at(-1)),
  };
}

describe('the arithmetic of the costs', () => {
  const request = summed('a request');
  const month = summed('a month, whatever happens');

  test('adds up for a request and for a month', () => {
    expect(request.sum).toBeCloseTo(request.said, 6);
    expect(month.sum).toBeCloseTo(month.said, 2);
  });

  test('adds up at a hundred, ten thousand and a million requests', () => {
    const rows = table('requests a month');
    expect(rows.map(([requests]) => money(requests))).toEqual([100, 10_000, 1_000_000]);
    const mails = money(table('a request')[0]?.at(-1));
    for (const [requests, costs, ofMails] of rows) {
      expect(month.said + money(requests) * request.said).toBeCloseTo(money(costs), 2);
      expect(money(requests) * mails).toBeCloseTo(money(ofMails), 2);
    }
  });
});

test('what is there whatever happens is counted in the template', () => {
  const { ofType } = synthesized();
  const rows = table('a month, whatever happens');
  const amountOf = (what: string) => money(rows.find(([name]) => name?.startsWith(what))?.[1]);
  const metrics = ofType('AWS::CloudWatch::Alarm').reduce((sum, { Properties }) => {
    const { Metrics = [] } = Properties as { Metrics?: readonly { MetricStat?: unknown }[] };
    return sum + Math.max(1, Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
  }, 0);
  expect([amountOf('KMS keys'), amountOf('metrics behind'), amountOf('dashboard')]).toEqual([
    ofType('AWS::KMS::Key').length,
    metrics,
    ofType('AWS::CloudWatch::Dashboard').length,
  ]);
  expect(PAGE).toContain(`the ${ofType('AWS::CloudWatch::Alarm').length} alarms`);
});
