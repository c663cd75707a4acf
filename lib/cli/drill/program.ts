import type { Command } from 'commander';
import { examples, parseDrillDuration, withServer } from '../arguments.ts';
import type { ServerOptions } from '../server.ts';
import type { StartDrillOptions } from './start.ts';

type Options = ServerOptions & { readonly json?: boolean };

/** `countersign drill …`: whether every Manager can still approve. Starting one needs a Manager's API key. */
export function addDrillCommands(program: Command): void {
  const drill = program
    .command('drill')
    .description('ask every Manager to confirm that they can still approve, and see who did not answer')
    .addHelpText(
      'after',
      `\nNothing is deleted by a drill. serve --drill-every starts one by a schedule.\n${examples(
        'countersign drill start',
        'countersign drill status',
        'countersign drill list',
      )}`,
    );
  withServer(drill.command('start'))
    .description('mail every Manager a link to confirm')
    .option('--duration <duration>', 'how long they have, from PT1H to P20D', parseDrillDuration, 'P7D')
    .addHelpText('after', examples('countersign drill start', 'countersign drill start --duration P3D'))
    .action(async (options: StartDrillOptions) => (await import('./start.ts')).startDrill(options));
  withServer(drill.command('status'))
    .description('show who has confirmed, and who has not')
    .argument('[id]', 'what drill list calls it', 'latest')
    .addHelpText('after', examples('countersign drill status'))
    .action(async (id: string, options: Options) => (await import('./status.ts')).showDrill(id, options));
  withServer(drill.command('list'))
    .description('list the drills, the newest first')
    .addHelpText('after', examples('countersign drill list'))
    .action(async (options: Options) => (await import('./list.ts')).listDrills(options));
  withServer(drill.command('confirm'))
    .description('confirm with your own API key that you can approve')
    .argument(
      '<end>',
      'the last six characters of the id of the drill’s key: countersign drill status shows it',
    )
    .addHelpText('after', examples('countersign drill confirm 3f9a1c'))
    .action(async (end: string, options: Options) =>
      (await import('./confirm.ts')).confirmDrill(end, options),
    );
}
