import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';
import { DRILL, readyOf, type ShownDrill } from './drill.ts';

const PAGE = z.object({ drills: z.array(DRILL), cursor: z.string().optional() });

/** `countersign drill list`: every page of it. */
export async function listDrills(options: ServerOptions & { readonly json?: boolean }): Promise<void> {
  const server = connect(options);
  const drills: ShownDrill[] = [];
  let after = '';
  do {
    const page = PAGE.safeParse(await server.get(`countersign/v1/drills?limit=1000${after}`));
    if (!page.success) throw new CliError('the server sent an answer that is no list of drills');
    drills.push(...page.data.drills);
    after = page.data.cursor === undefined ? '' : `&after=${encodeURIComponent(page.data.cursor)}`;
  } while (after !== '');
  if (options.json) return print(JSON.stringify(drills, null, 2));
  if (drills.length === 0) return print('There was no drill yet: countersign drill start');
  const rows = drills.map((drill) => [drill.startedAt, drill.status, readyOf(drill), drill.id]);
  await print(table(rows, ['started', 'status', 'could approve', 'id']));
}
