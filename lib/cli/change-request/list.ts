import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';
import { CHANGE_REQUEST, CHANGES_PATH, type ShownChange } from './change-request.ts';

export interface ChangeListOptions extends ServerOptions {
  readonly status?: string;
  readonly json?: boolean;
}

const PAGE = z.object({ changeRequests: z.array(CHANGE_REQUEST), cursor: z.string().optional() });

/** `countersign change-request list`: every page of it. */
export async function listChanges(options: ChangeListOptions): Promise<void> {
  const server = connect(options);
  const found: ShownChange[] = [];
  const status = options.status === undefined ? '' : `&status=${options.status}`;
  let after = '';
  do {
    const page = PAGE.safeParse(await server.get(`${CHANGES_PATH}?limit=1000${status}${after}`));
    if (!page.success) throw new CliError('the server sent an answer that is no list of change requests');
    found.push(...page.data.changeRequests);
    after = page.data.cursor === undefined ? '' : `&after=${encodeURIComponent(page.data.cursor)}`;
  } while (after !== '');
  if (options.json) return print(JSON.stringify(found, null, 2));
  if (found.length === 0) return print('There is no such change request.');
  const rows = found.map(({ id, status: state, subject, requestedBy, names = {}, requestedAt, changes }) => [
    id,
    state,
    subject,
    changes.map(({ name, after: to }) => `${name}: ${to}`).join('; '),
    names[requestedBy] ?? requestedBy,
    requestedAt,
  ]);
  await print(table(rows, ['id', 'status', 'change of', 'to', 'asked for by', 'at']));
}
