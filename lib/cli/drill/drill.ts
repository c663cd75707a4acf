import * as z from 'zod';
import { CliError } from '../problem.ts';
import { table } from '../terminal.ts';

export const DRILL = z.looseObject({
  id: z.string(),
  status: z.enum(['open', 'ended']),
  keyId: z.string(),
  keyName: z.string(),
  startedAt: z.string(),
  endsAt: z.string(),
  endedAt: z.string().optional(),
  participants: z.array(
    z.looseObject({
      email: z.string(),
      result: z.string(),
      confirmedAt: z.string().optional(),
      through: z.string().optional(),
      withCredential: z.boolean().optional(),
    }),
  ),
});
export type ShownDrill = z.output<typeof DRILL>;

/** @throws CliError */
export function drillIn(answer: unknown): ShownDrill {
  const drill = DRILL.safeParse(answer);
  if (!drill.success) throw new CliError('the server sent an answer that is no drill');
  return drill.data;
}

const RESULTS: { readonly [result: string]: string } = {
  waiting: 'no answer yet',
  ready: 'can approve',
  'not-able': 'answered, but could not approve then: Manager, or at this address, for too short a time',
  silent: 'no answer',
  'not-reached': 'the mail could not be delivered',
};

const isReady = ({ result }: ShownDrill['participants'][number]): boolean => result === 'ready';

/** `3 of 4`. */
export const readyOf = ({ participants }: ShownDrill): string =>
  `${participants.filter(isReady).length} of ${participants.length}`;

export function drillText(drill: ShownDrill): string {
  const rows = drill.participants.map((one) => [
    one.email,
    RESULTS[one.result] ?? one.result,
    one.confirmedAt ?? '',
    one.through === undefined
      ? ''
      : `by ${one.through}${one.withCredential ? ', with a credential of their own' : ''}`,
  ]);
  const end = drill.endedAt === undefined ? `open until ${drill.endsAt}` : `ended ${drill.endedAt}`;
  return [
    `${drill.keyName} (drill ${drill.id}), ${end}`,
    `Its key: ${drill.keyId}. It has no material, and nothing is deleted.`,
    '',
    table(rows),
    '',
    `Could approve: ${readyOf(drill)}`,
  ].join('\n');
}
