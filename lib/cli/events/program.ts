import { type Command, InvalidArgumentError, Option } from 'commander';
import { BEGINNING, readCursor } from '../../domain/event-cursor.ts';
import { examples, withServer } from '../arguments.ts';
import type { ResumeOptions, StatusOptions } from './sinks.ts';
import type { TailOptions } from './tail.ts';

/** `countersign events …`: what auditors' own tools read, and whether they have. */
export function addEventCommands(program: Command): void {
  const events = program
    .command('events')
    .description('read the events of an instance as CADF, and see how far the sinks of serve --events are')
    .addHelpText(
      'after',
      examples(
        'countersign events tail --follow --json >> events.jsonl',
        'countersign events status --data-dir /var/lib/countersign',
        "countersign events resume 'https://siem.example.com#1a2b3c4d' --data-dir /var/lib/countersign",
      ),
    );
  withServer(events.command('tail'))
    .description(
      'print the events of the instance in the order in which they happened; the last line says where to go on',
    )
    .option('--from <cursor>', 'those after this one, as the last line said it', parseCursor, BEGINNING)
    .option('--follow', 'go on with what happens from now on, until it is interrupted')
    .addHelpText(
      'after',
      examples('countersign events tail', 'countersign events tail --follow --json | jq -c .action'),
    )
    .action(async (options: TailOptions) => (await import('./tail.ts')).tail(options));
  events
    .command('status')
    .description(
      'show each sink: how far it is, and what is the matter with it; on the machine of the server',
    )
    .addOption(dataDir())
    .option('--json', 'print JSON')
    .addHelpText('after', examples('countersign events status --data-dir /var/lib/countersign'))
    .action(async (options: StatusOptions) => (await import('./sinks.ts')).showSinks(options));
  events
    .command('resume')
    .argument('<sink>', 'as status names it')
    .description('have a sink tried again now, also one that had said that it wants no more (410 Gone)')
    .addOption(dataDir())
    .addHelpText(
      'after',
      examples(
        "countersign events resume 'https://siem.example.com#1a2b3c4d' --data-dir /var/lib/countersign",
      ),
    )
    .action(async (sink: string, options: ResumeOptions) =>
      (await import('./sinks.ts')).resumeSink(sink, options),
    );
}

const dataDir = () =>
  new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR').default('./data');

function parseCursor(text: string): string {
  if (readCursor(text) !== undefined) return text;
  throw new InvalidArgumentError(
    'It must be what the last line of events tail said, or 0 for the beginning.',
  );
}
