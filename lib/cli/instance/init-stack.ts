import type { Grant } from '../founders.ts';
import type { InitOptions } from '../init.ts';
import { orderAt, placeName, placeOption } from '../place.ts';
import { CliError } from '../problem.ts';
import { addInstance } from './add.ts';

/** `countersign init --stack`: the first instance of a stack. Whoever repeats it makes no second one. */
export async function initStack(options: InitOptions, grants: readonly Grant[]): Promise<void> {
  const listed = await orderAt(options, { command: 'list' });
  if ('instances' in listed && listed.instances.length > 0)
    throw new CliError(
      `${placeName(options)} has an instance already (countersign instance list ${placeOption(options)}); for one more: countersign instance add`,
    );
  await addInstance(options.instance, options, grants);
}
