import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type Server, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';

export interface AuthorizationListOptions extends ServerOptions {
  readonly status?: string;
  readonly key?: string;
  readonly requester?: string;
  readonly approver?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

const LISTED = z.looseObject({
  id: z.string(),
  keyId: z.string(),
  keyName: z.string(),
  status: z.string(),
  round: z.number(),
  requester: z.string(),
  requestedAt: z.string(),
  decidedBy: z.string().optional(),
  windowEndsAt: z.string(),
  waitsFor: z.array(z.string()),
});
type Listed = z.infer<typeof LISTED>;

const PAGE = z.object({
  authorizations: z.array(LISTED),
  emails: z.record(z.string(), z.string()),
  cursor: z.string().optional(),
});

/** The most that one answer holds. */
const MOST_AT_ONCE = 1_000;

/** `countersign authorization list`: those of every key, the newest first, page by page. */
export async function listAuthorizations(options: AuthorizationListOptions): Promise<void> {
  const { authorizations, emails } = await everyPage(connect(options), options);
  if (options.json) return print(JSON.stringify(authorizations, null, 2));
  if (authorizations.length === 0) return print('There is no such authorization.');
  const name = (id: string | undefined) => (id === undefined ? '' : (emails[id] ?? id));
  const rows = authorizations.map((one) => [
    one.requestedAt,
    one.keyName,
    `${one.status}${one.round > 1 ? `, round ${one.round}` : ''}`,
    name(one.requester),
    name(one.decidedBy),
    one.waitsFor.map(name).join(', '),
    one.id,
  ]);
  await print(table(rows, ['asked at', 'key', 'status', 'by', 'decided by', 'waits for', 'id']));
}

async function everyPage(server: Server, options: AuthorizationListOptions) {
  const { limit: most = Number.POSITIVE_INFINITY, key, status, requester, approver, from, to } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ keyId: key, status, requester, approver, from, to })) {
    if (value !== undefined) query.set(name, value);
  }
  const authorizations: Listed[] = [];
  for (;;) {
    query.set('limit', String(Math.min(most - authorizations.length, MOST_AT_ONCE)));
    const page = PAGE.safeParse(await server.get(`countersign/v1/authorizations?${query.toString()}`));
    if (!page.success) throw new CliError('the server sent an answer that is no list of authorizations');
    authorizations.push(...page.data.authorizations);
    const { cursor, emails } = page.data;
    if (cursor === undefined || authorizations.length >= most) return { authorizations, emails };
    query.set('after', cursor);
  }
}
