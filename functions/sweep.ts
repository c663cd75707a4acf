import { sweep } from '../lib/operations/sweep.ts';
import { sweeperContext } from '../lib/wiring/aws-mailing.ts';
import { traced } from '../lib/wiring/tracing.ts';

const context = sweeperContext(process.env);

export const handler = traced(process.env, () => sweep(context));
