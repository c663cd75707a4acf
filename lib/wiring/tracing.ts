import { systemClock } from '../adapters/system/clock.ts';
import { traced as tracedBy } from '../adapters/x-ray/invocation.ts';
import type { Environment } from './aws-client.ts';

/** The same handler of a function; where X-Ray records the trace of an invocation, what it does is in it. */
export const traced = <Given extends readonly unknown[], Answer>(
  env: Environment,
  handler: (...given: Given) => Promise<Answer>,
): ((...given: Given) => Promise<Answer>) => tracedBy(handler, { clock: systemClock, env });
