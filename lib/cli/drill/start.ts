import { connect, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';
import { drillIn } from './drill.ts';

export interface StartDrillOptions extends ServerOptions {
  /** ISO 8601. */
  readonly duration: string;
  readonly json?: boolean;
}

/** `countersign drill start`. */
export async function startDrill({ duration, json, ...server }: StartDrillOptions): Promise<void> {
  const drill = drillIn(await connect(server).send('post', 'countersign/v1/drills', { json: { duration } }));
  if (json) return print(JSON.stringify(drill, null, 2));
  const count = drill.participants.length;
  await print(
    `${count} ${count === 1 ? 'Manager is' : 'Managers are'} asked by mail, until ${drill.endsAt}: countersign drill status\nEvery Manager hears what came of it when it has ended.`,
  );
}
