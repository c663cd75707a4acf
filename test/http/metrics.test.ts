import { describe, expect, test } from 'vitest';
import { metricsApp } from '../../lib/http/metrics.ts';
import { OPEN_METRICS, openMetrics } from '../../lib/http/openmetrics.ts';
import { requestMetrics } from '../../lib/http/request-metrics.ts';
import { parseOpenMetrics } from '../support/openmetrics.ts';

describe('metrics as text', () => {
  test('are what OpenMetrics has', () => {
    const text = openMetrics([
      {
        name: 'a_commits',
        type: 'counter',
        help: 'Commits.',
        samples: [{ labels: { result: 'x' }, value: 3 }],
      },
      { name: 'a_wait_seconds', type: 'gauge', unit: 'seconds', help: 'Wait.', samples: [{ value: 0.25 }] },
      { name: 'a_build', type: 'info', help: 'Build.', samples: [{ labels: { version: '1' }, value: 1 }] },
      { name: 'a_none', type: 'gauge', help: 'Left out.', samples: [] },
    ]);
    expect(text).toBe(
      `${[
        '# TYPE a_commits counter',
        '# HELP a_commits Commits.',
        'a_commits_total{result="x"} 3',
        '# TYPE a_wait_seconds gauge',
        '# UNIT a_wait_seconds seconds',
        '# HELP a_wait_seconds Wait.',
        'a_wait_seconds 0.25',
        '# TYPE a_build info',
        '# HELP a_build Build.',
        'a_build_info{version="1"} 1',
        '# EOF',
      ].join('\n')}\n`,
    );
    expect([...parseOpenMetrics(text).keys()]).toEqual(['a_commits', 'a_wait_seconds', 'a_build']);
  });

  test('keep labels that hold quotes, backslashes and line breaks in their place, and numbers that are none', () => {
    const nasty = 'file:/a"b\\c\nd';
    const samples = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, -2].map(
      (value, i) => ({
        labels: { sink: nasty, i: String(i) },
        value,
      }),
    );
    const parsed = parseOpenMetrics(openMetrics([{ name: 'a', type: 'gauge', help: 'A "b"\nc', samples }]));
    expect(parsed.get('a')?.samples.map(({ labels, value }) => [labels.sink, value])).toEqual(
      samples.map(({ value }) => [nasty, value]),
    );
  });
});

describe('requests', () => {
  test('are counted by route and status, with a histogram that adds up', () => {
    const { seen, family } = requestMetrics();
    const request = { method: 'GET', route: '/api/v2/keys/:id', status: 200 };
    for (const milliseconds of [1, 5, 6, 300, 9_999, 60_000, -5]) seen({ ...request, milliseconds });
    seen({ ...request, status: 409, milliseconds: 2 });
    const text = openMetrics([family()]);
    const samples = parseOpenMetrics(text).get('countersign_http_request_duration_seconds')?.samples ?? [];
    const ok = samples.filter(({ labels }) => labels.status === '200');
    const buckets = ok.filter(({ name }) => name.endsWith('_bucket'));
    expect(buckets.map(({ labels, value }) => [labels.le, value])).toEqual([
      ['0.005', 3],
      ['0.01', 4],
      ['0.025', 4],
      ['0.05', 4],
      ['0.1', 4],
      ['0.25', 4],
      ['0.5', 5],
      ['1.0', 5],
      ['2.5', 5],
      ['5.0', 5],
      ['10.0', 6],
      ['+Inf', 7],
    ]);
    const read = (suffix: string) => ok.find(({ name }) => name.endsWith(suffix))?.value;
    expect(read('_count')).toBe(7);
    expect(read('_sum')).toBeCloseTo(70.311);
    expect(samples.filter(({ labels }) => labels.status === '409')).toHaveLength(14);
  });

  test('of methods that somebody made up are one series', () => {
    const { seen, family } = requestMetrics();
    for (const method of ['BREW', 'PROPFIND', 'X'])
      seen({ method, route: 'none', status: 404, milliseconds: 1 });
    expect(new Set(family().samples.map(({ labels }) => labels?.method))).toEqual(new Set(['other']));
  });
});

describe('the port of the metrics', () => {
  const read = async () => '# EOF\n';

  test('answers GET /metrics and nothing else', async () => {
    const app = metricsApp({ read });
    const answer = await app.request('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(OPEN_METRICS);
    expect(await answer.text()).toBe('# EOF\n');
    expect((await app.request('/metrics', { method: 'POST' })).status).toBe(405);
    for (const path of ['/', '/api/v2/keys', '/healthz']) expect((await app.request(path)).status).toBe(404);
  });

  test('answers 503 when the metrics cannot be read, and says nothing of why', async () => {
    const app = metricsApp({ read: () => Promise.reject(new Error('SQLITE_IOERR /secret/path')) });
    const answer = await app.request('/metrics');
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('secret');
  });

  test.each([
    [undefined, 401],
    ['Bearer wrong', 401],
    ['Basic c2VjcmV0', 401],
    ['Bearer ', 401],
    ['Bearer right-token-of-the-file', 200],
    ['bearer right-token-of-the-file', 200],
  ])('with a token answers %j with %d', async (authorization, status) => {
    const app = metricsApp({ read, token: 'right-token-of-the-file' });
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    expect((await app.request('/metrics', { headers })).status).toBe(status);
  });
});
