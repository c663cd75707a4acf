import * as z from 'zod';
import { ownPath } from '../key/keys.ts';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';

export interface ApproversOptions extends ServerOptions {
  readonly at?: string;
  readonly json?: boolean;
}

const ANSWER = z.object({
  at: z.string(),
  round: z.number(),
  closed: z.string().optional(),
  people: z.array(z.looseObject({ name: z.string(), could: z.boolean(), why: z.string().optional() })),
});

const WORDS: { readonly [why: string]: string } = {
  'access-denied': 'no: was not a Manager of the key',
  'own-request': 'no: had asked for it',
  'grant-too-young': 'no: became Manager, or got another address, too late',
  'service-identity': 'no: a service, and the instance lets none approve',
  frozen: 'no: was frozen',
  removed: 'no: had been removed',
  'owner-gone': 'no: the owner of the service was not active',
  'roles-unknown': 'unknown: an earlier version did not write down which roles they had',
};

/** `countersign authorization approvers`: who could have approved it at a moment, and why others could not. */
export async function showApprovers(key: string, id: string, options: ApproversOptions): Promise<void> {
  const at = options.at === undefined ? '' : `?at=${encodeURIComponent(options.at)}`;
  const path = `${ownPath(key)}/authorizations/${encodeURIComponent(id)}/approvers${at}`;
  const answer = ANSWER.safeParse(await connect(options).get(path));
  if (!answer.success) throw new CliError('the server sent an answer that is no list of approvers');
  const { closed, people } = answer.data;
  if (options.json) return print(JSON.stringify(answer.data, null, 2));
  const rows = people.map(({ name, could, why = '' }) => [
    name,
    could ? 'yes' : (WORDS[why] ?? `no: ${why}`),
  ]);
  await print(`At ${answer.data.at}${answer.data.round > 0 ? `, in round ${answer.data.round}` : ''}`);
  if (closed !== undefined) await print(`It did not wait for an approval that would have counted: ${closed}`);
  if (rows.length > 0) await print(`\n${table(rows, ['who', 'could have approved'])}`);
}
