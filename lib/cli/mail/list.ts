import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { print, table } from '../terminal.ts';

export interface MailListOptions extends ServerOptions {
  readonly status: 'due' | 'given-up';
  readonly json?: boolean;
}

const MAIL = z.looseObject({
  id: z.string(),
  template: z.string(),
  to: z.string().optional(),
  attempts: z.number(),
  problem: z.string().optional(),
});
const PAGE = z.object({ mails: z.array(MAIL), cursor: z.string().optional() });

/** `countersign mail list`: every page of it. */
export async function listMails(options: MailListOptions): Promise<void> {
  const server = connect(options);
  const mails: z.output<typeof MAIL>[] = [];
  let after = '';
  do {
    const page = PAGE.safeParse(
      await server.get(`countersign/v1/mails?status=${options.status}&limit=1000${after}`),
    );
    if (!page.success) throw new CliError('the server sent an answer that is no list of mails');
    mails.push(...page.data.mails);
    after = page.data.cursor === undefined ? '' : `&after=${encodeURIComponent(page.data.cursor)}`;
  } while (after !== '');
  if (options.json) return print(JSON.stringify(mails, null, 2));
  if (mails.length === 0) return print('No mail is undelivered.');
  const rows = mails.map((mail) => [
    mail.to ?? '',
    mail.template,
    String(mail.attempts),
    mail.problem ?? '',
    mail.id,
  ]);
  await print(table(rows, ['to', 'about', 'attempts', 'problem', 'id']));
}
