import { type Command, Option } from 'commander';
import { examples, withServer } from '../arguments.ts';
import type { ServerOptions } from '../server.ts';
import type { MailListOptions } from './list.ts';

/** `countersign mail …`: mails that could not be delivered. Needs a Manager's API key. */
export function addMailCommands(program: Command): void {
  const mail = program
    .command('mail')
    .description('list mails that could not be delivered, and send them again')
    .addHelpText('after', examples('countersign mail list', 'countersign mail resend 1764000000000-0b7c…'));
  withServer(mail.command('list'))
    .description('list mails that could not be delivered, the newest first')
    .addOption(
      new Option('--status <status>', 'given-up: not tried any more; due: tried, and going to be tried again')
        .choices(['given-up', 'due'])
        .default('given-up'),
    )
    .addHelpText('after', examples('countersign mail list', 'countersign mail list --status due'))
    .action(async (options: MailListOptions) => (await import('./list.ts')).listMails(options));
  withServer(mail.command('resend'))
    .description('have a mail tried again within a minute')
    .argument('<id>', 'what mail list calls it')
    .addHelpText('after', examples('countersign mail resend 1764000000000-0b7c…'))
    .action(async (id: string, options: ServerOptions & { readonly json?: boolean }) =>
      (await import('./resend.ts')).resendMail(id, options),
    );
}
