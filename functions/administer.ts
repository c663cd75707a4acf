import { carryOutOrder } from '../lib/wiring/administration.ts';
import { administrationContext } from '../lib/wiring/aws.ts';
import { traced } from '../lib/wiring/tracing.ts';

const context = administrationContext(process.env);

/**
 * Makes, lists and unlocks instances for an operator who invokes this with IAM credentials; the answer to `init` holds
 * each person's API key, which nobody can show again. `{ "refused": … }` names why not, or the field that is wrong.
 */
export const handler = traced(process.env, (event: unknown) => carryOutOrder(context, event));
