import type { Command } from 'commander';
import { examples, parseEmail, parseRole, withServer } from '../arguments.ts';
import type { PersonAddOptions } from './add.ts';
import type { PersonOptions } from './list.ts';

/** `countersign person …`: the people of an instance. Needs a Manager's API key. */
export function addPersonCommands(program: Command): void {
  const person = program
    .command('person')
    .description('add, list and remove the people of an instance')
    .addHelpText(
      'after',
      examples('countersign person list', 'countersign person add dan@example.com --role Writer'),
    );
  withServer(person.command('add'))
    .description('add somebody, and print their API key')
    .argument('<email>', 'their e-mail address', parseEmail)
    .requiredOption(
      '--role <role>',
      'Reader, ReaderPlus, Writer, Manager or KeyPurge; may be repeated',
      parseRole,
    )
    .addHelpText('after', examples('countersign person add dan@example.com --role Writer'))
    .action(async (email: string, options: PersonAddOptions) =>
      (await import('./add.ts')).addPerson(email, options),
    );
  withServer(person.command('list'))
    .description('list everybody with their roles')
    .addHelpText('after', examples('countersign person list'))
    .action(async (options: PersonOptions) => (await import('./list.ts')).listPeople(options));
  withServer(person.command('remove'))
    .description('take somebody out; what they asked for or approved and is not done yet counts no more')
    .argument('<person>', 'their e-mail address or id')
    .addHelpText('after', examples('countersign person remove dan@example.com'))
    .action(async (emailOrId: string, options: PersonOptions) =>
      (await import('./remove.ts')).removePerson(emailOrId, options),
    );
}
