import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type Server, type ServerOptions } from '../server.ts';
import { stopSignal } from '../stop-signal.ts';
import { print, printError, visible } from '../terminal.ts';

export interface TailOptions extends ServerOptions {
  readonly from: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Between two looks for something new, in milliseconds. */
const PAUSE = 2_000;

const EVENT = z.looseObject({
  id: z.string(),
  action: z.string(),
  eventTime: z.string(),
  outcome: z.string(),
  severity: z.string(),
  initiator: z.looseObject({ id: z.string() }),
  target: z.looseObject({ id: z.string() }),
});
type Event = z.output<typeof EVENT>;
const PAGE = z.object({
  events: z.array(EVENT),
  next: z.string(),
  more: z.boolean(),
  restored: z.boolean().optional(),
});

const RESTORED =
  'A backup was restored since: what was read beyond it is not there any more, and the events go on from the last one that is.';

/**
 * `countersign events tail`: a line each; with `--json` the CADF event as it is. Where to go on is on standard error, also
 * when it is interrupted or the server fails meanwhile: what was printed is not asked for again.
 */
export async function tail(options: TailOptions): Promise<void> {
  const server = connect(options);
  const lineOf = options.json ? (event: Event) => JSON.stringify(event) : shortly;
  let after: string | undefined;
  const follow = async () => {
    for (;;) {
      const page = await read(server, after ?? options.from);
      if (page.restored) await printError(RESTORED);
      if (page.events.length > 0) await print(page.events.map(lineOf).join('\n'));
      after = page.next;
      if (page.more) continue;
      if (!options.follow) return;
      await sleep(PAUSE);
    }
  };
  let isInterrupted = false;
  const interrupted = async () => {
    await stopSignal(process.env);
    isInterrupted = true;
  };
  try {
    await (options.follow ? Promise.race([follow(), interrupted()]) : follow());
  } finally {
    if (after !== undefined) await printError(`To go on: countersign events tail --from ${after}`);
  }
  // A question that the server has not answered must not be waited for.
  if (isInterrupted) process.exit(0);
}

async function read(server: Server, after: string): Promise<z.output<typeof PAGE>> {
  const page = PAGE.safeParse(await server.get(`countersign/v1/events?after=${after}&limit=1000`));
  if (!page.success) throw new CliError('the server sent an answer that is no page of events');
  return page.data;
}

const shortly = ({ eventTime, severity, action, outcome, initiator, target }: Event): string =>
  visible(`${eventTime}  ${severity.padEnd(8)}  ${action}  ${outcome}  by ${initiator.id}  on ${target.id}`);
