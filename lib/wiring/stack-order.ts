import { type StackAccess, stackAdministration } from '../adapters/stack/administration.ts';
import type { Order, Outcome } from './administration.ts';

/** A stack on AWS, and how it is reached. */
export interface StackPlace extends StackAccess {
  readonly stack: string;
}

/**
 * Has an order carried out in an installation on AWS, by its administration function and with the operator's own
 * credentials. The rules are those of an order on one machine: it is the same code.
 *
 * @throws PermanentError or TransientError with a text for whoever asked; see {@link stackAdministration}.
 */
export async function orderInStack({ stack, ...access }: StackPlace, order: Order): Promise<Outcome> {
  return (await stackAdministration(stack, access).carryOut(order)) as Outcome;
}
