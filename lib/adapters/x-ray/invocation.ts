import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../ports/clock.ts';
import type { Trace } from '../../ports/trace.ts';
import { type Daemon, daemonAddress, openDaemon } from './daemon.ts';
import { answeredWith, causedBy, newId, type Outcome, secondsOf } from './subsegment.ts';
import { headerFrom, recordedTrace } from './trace-header.ts';

/** An invocation whose trace is recorded, while it is under way. */
export interface Invocation {
  readonly traceId: string;
  /** Of its own part of the trace, in which what it calls stands. */
  readonly id: string;
  readonly annotations: Record<string, string>;
  readonly clock: Clock;
  readonly daemon: Daemon;
  /** What tells a service that is called from this part of the trace. */
  readonly headerFrom: (part: string) => string;
}

export interface TracedOptions {
  readonly clock: Clock;
  /** Lambda says with each invocation whether its trace is recorded. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const underWay = new AsyncLocalStorage<Invocation>();

/** The invocation that the caller belongs to; undefined where its trace is not recorded, or outside of any. */
export const currentInvocation = (): Invocation | undefined => underWay.getStore();

/** Names the invocation that is under way. */
export const invocationTrace: Trace = {
  annotate(names) {
    const annotations = currentInvocation()?.annotations;
    if (annotations === undefined) return;
    for (const [name, value] of Object.entries(names)) if (value !== undefined) annotations[name] = value;
  },
};

/**
 * The same handler, each of whose invocations is a part of the trace that Lambda records of it. Where none is
 * recorded, nothing else is done.
 */
export const traced =
  <Given extends readonly unknown[], Answer>(
    handler: (...given: Given) => Promise<Answer>,
    options: TracedOptions,
  ): ((...given: Given) => Promise<Answer>) =>
  (...given) => {
    const { _X_AMZN_TRACE_ID: header = '', AWS_XRAY_DAEMON_ADDRESS, POWERTOOLS_SERVICE_NAME } = options.env;
    const trace = recordedTrace(header);
    const address = daemonAddress(AWS_XRAY_DAEMON_ADDRESS);
    if (trace === undefined || address === undefined) return handler(...given);
    const invocation: Invocation = {
      traceId: trace.id,
      id: newId(),
      annotations: {},
      clock: options.clock,
      daemon: openDaemon(address),
      headerFrom: (part) => headerFrom(header, part),
    };
    const named = { parent_id: trace.parent, name: POWERTOOLS_SERVICE_NAME ?? 'handler' };
    return underWay.run(invocation, () => recorded(invocation, named, () => handler(...given)));
  };

async function recorded<Answer>(
  { clock, daemon, traceId, id, annotations }: Invocation,
  named: { readonly parent_id: string; readonly name: string },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const start_time = secondsOf(clock.now());
  let outcome: Outcome = {};
  try {
    const answer = await work();
    outcome = outcomeOf(answer);
    return answer;
  } catch (error) {
    outcome = { fault: true, ...causedBy(error) };
    throw error;
  } finally {
    daemon.send({
      type: 'subsegment',
      trace_id: traceId,
      id,
      ...named,
      start_time,
      end_time: secondsOf(clock.now()),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...outcome,
    });
    // Lambda stops the process with its answer: what is not on its way by then is late, or never sent.
    await daemon.close();
  }
}

/** An answer to API Gateway has a status; any other has come about, and that is all. */
const outcomeOf = (answer: unknown): Outcome =>
  typeof answer === 'object' &&
  answer !== null &&
  'statusCode' in answer &&
  typeof answer.statusCode === 'number'
    ? answeredWith(answer.statusCode)
    : {};
