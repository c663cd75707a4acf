import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { drillIn } from './drill.ts';

/** `countersign drill confirm`: of the drill that is under way. */
export async function confirmDrill(
  end: string,
  options: ServerOptions & { readonly json?: boolean },
): Promise<void> {
  const answer = await connect(options).send('post', 'countersign/v1/drills/latest/confirm', {
    json: { confirm: end },
  });
  const drill = drillIn(answer);
  await print(options.json ? JSON.stringify(drill, null, 2) : 'You have confirmed. Nothing was deleted.');
}
