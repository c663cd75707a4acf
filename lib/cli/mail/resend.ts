import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';

/** `countersign mail resend`. */
export async function resendMail(
  id: string,
  options: ServerOptions & { readonly json?: boolean },
): Promise<void> {
  await connect(options).send('post', `countersign/v1/mails/${encodeURIComponent(id)}/resend`);
  await print(options.json ? JSON.stringify({ resent: id }) : 'It is tried again within a minute.');
}
