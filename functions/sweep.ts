import { sweep } from '../lib/operations/sweep.ts';
import { sweeperContext } from '../lib/wiring/aws.ts';

const context = sweeperContext(process.env);

export const handler = (): ReturnType<typeof sweep> => sweep(context);
