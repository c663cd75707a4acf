import * as z from 'zod';
import type { Script } from '../../wiring/rehearsal.ts';
import { CliError } from '../problem.ts';
import { readJsonFile } from './read-json.ts';

const SECONDS = z.number().nonnegative();
const TIMES = { afterSeconds: SECONDS.optional(), heartbeatsAtSeconds: z.array(SECONDS).optional() };

const ENTRY = z.union([
  z.strictObject({ return: z.json(), ...TIMES }),
  z.strictObject({
    throw: z.strictObject({ error: z.string().optional(), cause: z.string().optional() }),
    ...TIMES,
  }),
  z.strictObject({ never: z.literal(true), ...TIMES }),
]);

/**
 * What a rehearsal's tasks answer, from a file.
 * @throws CliError that names the state and the attempt which cannot be read.
 */
export async function readResults(path: string): Promise<Script> {
  const parsed = z.record(z.string(), z.array(z.unknown())).safeParse(await readJsonFile(path));
  if (!parsed.success)
    throw new CliError(`${path} must be an object with an array of entries for each state`);
  const script = Object.entries(parsed.data).map(([state, entries]) => {
    const read = entries.map((entry, i) => {
      const result = ENTRY.safeParse(entry);
      if (result.success) return result.data;
      throw new CliError(
        `${path}, state ${JSON.stringify(state)}, entry ${i + 1}: it must have one of return, throw {error, cause} and never: true, beside them only afterSeconds and heartbeatsAtSeconds, not ${JSON.stringify(entry)?.slice(0, 100)}`,
      );
    });
    return [state, read] as const;
  });
  return Object.fromEntries(script);
}
