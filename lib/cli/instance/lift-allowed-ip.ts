import { orderAt, placeName } from '../place.ts';
import { CliError } from '../problem.ts';
import { print } from '../terminal.ts';
import type { ListOptions } from './list.ts';

/** `countersign instance lift-allowed-ip`: for whoever owns the folder, when no Manager can reach the instance. */
export async function liftAllowedIp(instanceId: string, { json, ...place }: ListOptions): Promise<void> {
  const outcome = await orderAt(place, { command: 'lift-allowed-ip', instanceId });
  if ('refused' in outcome) {
    throw new CliError(
      `there is no instance ${instanceId} in ${placeName(place)}: countersign instance list`,
    );
  }
  await print(
    json
      ? JSON.stringify(outcome)
      : `Instance ${instanceId} is reached from every address; its history says that you did this.`,
  );
}
