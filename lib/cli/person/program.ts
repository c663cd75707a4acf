import type { Command } from 'commander';
import { examples, parseEmail, withServer } from '../arguments.ts';
import { withStack } from '../place.ts';
import type { PersonAddOptions } from './add.ts';
import { addApiKeyCommands } from './api-key-program.ts';
import { GRANT_HELP, parseGrant } from './grants.ts';
import type { PersonOptions } from './list.ts';
import type { PersonSetOptions } from './set.ts';

/** `countersign person …`: the people of an instance. Needs a Manager's API key. */
export function addPersonCommands(program: Command): void {
  const person = program
    .command('person')
    .description('add, list, change and remove the people of an instance, and their API keys')
    .addHelpText(
      'after',
      examples('countersign person list', 'countersign person add dan@example.com --role Writer'),
    );
  withStack(withServer(person.command('add')))
    .description(
      'add somebody; they get a link to their API key by mail, or it is printed where there is no mail',
    )
    .argument('<email>', 'their e-mail address', parseEmail)
    .requiredOption('--role <role>', `${GRANT_HELP}; may be repeated`, parseGrant)
    .option('--reason <text>', 'why; a Manager waits for a second Manager, who reads it')
    .option(
      '--data-dir <dir>',
      'for whoever owns the data folder, when no second Manager is there: needs no API key, and every Manager is mailed',
    )
    .addHelpText(
      'after',
      examples(
        'countersign person add dan@example.com --role Writer',
        'countersign person add eve@example.com --role Manager@key:payroll',
        'countersign person add max@example.com --role Manager --data-dir /var/lib/countersign --instance 3f0c…',
        'countersign person add max@example.com --role Manager --stack Countersign --instance 3f0c…',
      ),
    )
    .action(async (email: string, options: PersonAddOptions) =>
      (await import('./add.ts')).addPerson(email, options),
    );
  withServer(person.command('send-key'))
    .description('mail somebody a new link to an API key; using it ends the keys that they have')
    .argument('<person>', 'their e-mail address or id')
    .addHelpText('after', examples('countersign person send-key dan@example.com'))
    .action(async (emailOrId: string, options: PersonOptions) =>
      (await import('./send-key.ts')).sendKey(emailOrId, options),
    );
  addSet(person);
  addApiKeyCommands(person);
  withServer(person.command('list'))
    .description('list everybody with their roles')
    .addHelpText('after', examples('countersign person list'))
    .action(async (options: PersonOptions) => (await import('./list.ts')).listPeople(options));
  withServer(person.command('unfreeze-requests'))
    .description('let somebody ask for deletions again, after a Manager did not expect one of theirs')
    .argument('<person>', 'their e-mail address or id')
    .addHelpText('after', examples('countersign person unfreeze-requests dan@example.com'))
    .action(async (emailOrId: string, options: PersonOptions) =>
      (await import('./unfreeze-requests.ts')).unfreezeRequests(emailOrId, options),
    );
  withServer(person.command('unbind'))
    .description('end that somebody signs in with their account at the OIDC issuer; API keys stay')
    .argument('<person>', 'their e-mail address or id; me is yourself')
    .addHelpText('after', examples('countersign person unbind dan@example.com'))
    .action(async (emailOrId: string, options: PersonOptions) =>
      (await import('./unbind.ts')).unbindPerson(emailOrId, options),
    );
  withServer(person.command('remove'))
    .description('take somebody out; what they asked for or approved and is not done yet counts no more')
    .argument('<person>', 'their e-mail address or id')
    .addHelpText('after', examples('countersign person remove dan@example.com'))
    .action(async (emailOrId: string, options: PersonOptions) =>
      (await import('./remove.ts')).removePerson(emailOrId, options),
    );
}

function addSet(person: Command): void {
  withServer(person.command('set'))
    .description('change roles or the address, freeze somebody or let them act again: all at once or nothing')
    .argument('<person>', 'their e-mail address or id, a service’s name')
    .option('--add-role <role>', `${GRANT_HELP}; may be repeated`, parseGrant)
    .option('--remove-role <role>', 'the same; granted again later it counts from then', parseGrant)
    .option('--freeze', 'nothing that they do or did counts until they are unfrozen')
    .option('--unfreeze', 'with the roles that they had, as old as they were')
    .option('--email <email>', 'their new address; links that were mailed to the one before end', parseEmail)
    .option(
      '--reason <text>',
      'why; what makes a Manager or a KeyPurge waits for a second Manager, who reads it',
    )
    .addHelpText(
      'after',
      examples(
        'countersign person set dan@example.com --add-role Manager@ring:payroll --remove-role Manager',
        'countersign person set dan@example.com --freeze',
      ),
    )
    .action(async (emailOrId: string, options: PersonSetOptions) =>
      (await import('./set.ts')).setPerson(emailOrId, options),
    );
}
