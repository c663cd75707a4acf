import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { drillIn, drillText } from './drill.ts';

/** `countersign drill status`. */
export async function showDrill(
  id: string,
  options: ServerOptions & { readonly json?: boolean },
): Promise<void> {
  const drill = drillIn(await connect(options).get(`countersign/v1/drills/${encodeURIComponent(id)}`));
  await print(options.json ? JSON.stringify(drill, null, 2) : drillText(drill));
}
