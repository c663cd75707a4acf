import { FACT_KINDS } from './facts.ts';

/**
 * The moments at which it makes a difference that the process dies: on either side of each thing that becomes durable.
 * They are told to `fault` where that is given, which only the tests do, in a process that they have killed there.
 */
export const FAULT_POINTS = [
  'database: made',
  'database: claimed',
  'database: opened',

  'commit: begun',
  'commit: rolled back, to be tried one by one',
  'commit: written, not on disk',
  'commit: on disk, not acknowledged',

  'engine: tables made',
  'engine: definition remembered',
  'engine: some resumed',
  'engine: all resumed, no timer',
  'engine: opened',
  'engine: stopped, not drained',
  'engine: drained',

  ...FACT_KINDS.flatMap(
    (kind) => [`decided, not durable: ${kind}`, `durable, not answered: ${kind}`] as const,
  ),
  'facts: set aside, rest as before',
  'heartbeat: decided, not durable',
  'heartbeat: durable, not answered',

  'function: to be called',
  'function: to be called again',
  'function: called, not recorded',

  'timers: due, none moved',
  'timers: moved, not armed again',

  'retention: found, not kept',
  'retention: kept, not dropped',
  'retention: parts dropped, rest as before',
  'retention: dropped',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];
export type Fault = (point: FaultPoint) => void;
