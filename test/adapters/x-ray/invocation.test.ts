import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentInvocation, invocationTrace, traced } from '../../../lib/adapters/x-ray/invocation.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { type SentSubsegment, startXRayDaemon, type XRayDaemon } from '../../support/x-ray-daemon.ts';

const TRACE = '1-5759e988-bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';
const SAMPLED = `Root=${TRACE};Parent=${PARENT};Sampled=1`;

let daemon: XRayDaemon;
beforeEach(async () => {
  daemon = await startXRayDaemon();
});
afterEach(async () => {
  expect(daemon.refused).toEqual([]);
  await daemon.close();
});

const clock = manualClock();
const environment = (more: Readonly<Record<string, string | undefined>> = {}) => ({
  _X_AMZN_TRACE_ID: SAMPLED,
  AWS_XRAY_DAEMON_ADDRESS: daemon.address,
  POWERTOOLS_SERVICE_NAME: 'delete-key',
  ...more,
});

/** So many parts of traces, once they have come. */
async function sent(count: number): Promise<readonly SentSubsegment[]> {
  await expect.poll(() => daemon.subsegments.length).toBe(count);
  return daemon.subsegments;
}

/** What one invocation sends. */
async function sentBy(work: () => Promise<unknown>): Promise<SentSubsegment | undefined> {
  await traced(work, { clock, env: environment() })().catch(() => {});
  const [only] = await sent(1);
  return only;
}

test('an invocation is a part of the trace that Lambda records, from its start to its end', async () => {
  const from = clock.now();
  const part = await sentBy(() => clock.advance(1_250));
  expect(part).toEqual({
    type: 'subsegment',
    trace_id: TRACE,
    parent_id: PARENT,
    id: expect.any(String),
    name: 'delete-key',
    start_time: from / 1000,
    end_time: (from + 1_250) / 1000,
  });
});

test('it is found by the names that it was given, and those are nobody else’s', async () => {
  const named = (correlationId: string) => async () => {
    await Promise.resolve();
    invocationTrace.annotate({ correlationId, route: undefined });
    invocationTrace.annotate({ authorizationId: 'b' });
  };
  const handlers = ['one', 'other'].map((id) => traced(named(id), { clock, env: environment() }));
  await Promise.all(handlers.map((handler) => handler()));
  expect((await sent(2)).map(({ annotations }) => annotations)).toEqual([
    { correlationId: 'one', authorizationId: 'b' },
    { correlationId: 'other', authorizationId: 'b' },
  ]);
});

test('names outside of any invocation are nobody’s', () => {
  expect(() => invocationTrace.annotate({ correlationId: 'one' })).not.toThrow();
});

test('the handler is given what it is given, and its answer is the answer', async () => {
  const add = traced(async (a: number, b: number) => a + b, { clock, env: environment() });
  expect(await add(1, 2)).toBe(3);
});

describe('where no trace is recorded', () => {
  test.each([
    ['left out of the sample', { _X_AMZN_TRACE_ID: SAMPLED.replace('Sampled=1', 'Sampled=0') }],
    ['no trace', { _X_AMZN_TRACE_ID: undefined }],
    ['no daemon', { AWS_XRAY_DAEMON_ADDRESS: undefined }],
    ['a daemon with no address', { AWS_XRAY_DAEMON_ADDRESS: 'here' }],
  ])('(%s) the handler runs alone, and nothing is sent', async (_, env) => {
    const inside = traced(async () => currentInvocation(), { clock, env: environment(env) });
    expect(await inside()).toBeUndefined();
    // What had been sent before it would have come before it.
    await sentBy(async () => {});
    expect(daemon.texts).toHaveLength(1);
  });
});

describe('how it ended', () => {
  test('what is thrown is thrown on, and its name recorded; a message that may hold a secret is not', async () => {
    const thrown = Object.assign(new Error('Email address is not verified: mia@example.com'), {
      name: 'Rejected',
    });
    const handler = traced(() => Promise.reject(thrown), { clock, env: environment() });
    await expect(handler()).rejects.toBe(thrown);
    const [part] = await sent(1);
    expect(part).toMatchObject({ fault: true, cause: { exceptions: [{ type: 'Rejected' }] } });
    expect(daemon.texts.join()).not.toContain('mia@example.com');
  });

  test('a message that was written to be read is recorded', async () => {
    const part = await sentBy(() => Promise.reject(new PermanentError('the variable X is not set')));
    const [exception] = part?.cause?.exceptions ?? [];
    expect(exception).toMatchObject({ type: 'Countersign.Permanent', message: 'the variable X is not set' });
  });

  test.each([
    [204, {}],
    [409, { error: true }],
    [429, { error: true, throttle: true }],
    [503, { fault: true }],
  ])('an answer of %s over HTTP', async (statusCode, flags) => {
    const part = await sentBy(async () => ({ statusCode, body: 'secret' }));
    const { http, error, fault, throttle } = part ?? {};
    expect(http).toEqual({ response: { status: statusCode } });
    expect({ error, fault, throttle }).toEqual({
      error: undefined,
      fault: undefined,
      throttle: undefined,
      ...flags,
    });
  });
});

test('a daemon that is not there stops nothing', async () => {
  const gone = await startXRayDaemon();
  await gone.close();
  for (const address of [gone.address, '127.0.0.1:0', '127.0.0.1:99999', '255.255.255.255:2000'])
    expect(
      await traced(async () => 'done', { clock, env: environment({ AWS_XRAY_DAEMON_ADDRESS: address }) })(),
    ).toBe('done');
});
