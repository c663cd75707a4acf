import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError } from '../problem.ts';

/** More than any definition or script: what is larger is the wrong file. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The JSON in a file; `-` is standard input.
 * @throws CliError when it cannot be read or is not JSON.
 */
export async function readJsonFile(path: string): Promise<unknown> {
  const name = path === '-' ? 'standard input' : path;
  return parseJson(await (path === '-' ? text(process.stdin) : readWhole(path)), name);
}

/** @throws CliError when it is not JSON. */
export function parseJson(json: string, name: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CliError(`${name} is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

async function readWhole(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      if ((await file.stat()).size > MOST_BYTES) throw new CliError(`${path} is larger than 16 MiB`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`${path} cannot be read: ${code}`);
  }
}

/** @throws CliError when the file holds no JSON object. */
export async function readDefinition(path: string): Promise<object> {
  const definition = await readJsonFile(path);
  if (typeof definition === 'object' && definition !== null && !Array.isArray(definition)) return definition;
  throw new CliError(`${path === '-' ? 'standard input' : path} is no definition: it must be a JSON object`);
}
