import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import * as z from 'zod';
import { CliError } from '../problem.ts';
import { connect, type Server, type ServerOptions } from '../server.ts';
import { print } from '../terminal.ts';

export interface ExportOptions extends ServerOptions {
  readonly key?: string;
  readonly authorization?: string;
  /** ISO 8601. */
  readonly from?: string;
  readonly to?: string;
  readonly output: string;
  readonly json?: boolean;
}

const PART = z.object({ lines: z.array(z.string()), cursor: z.string().optional() });

interface Written {
  readonly lines: number;
  readonly parts: number;
  readonly sha256: string;
}

/** `countersign audit export`: the evidence in a new file (mode 0600), which is there whole or not at all. */
export async function exportFile(options: ExportOptions): Promise<void> {
  const { output } = options;
  const server = connect(options);
  const temporary = `${output}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    const written = await parts(server, options, file)
      .then(async (done) => {
        await file.sync();
        return done;
      })
      .finally(() => file.close());
    await link(temporary, output);
    await tell(options, written);
  } catch (error) {
    throw isSystemError(error) ? new CliError(problemOf(error, output)) : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function parts(server: Server, options: ExportOptions, file: FileHandle): Promise<Written> {
  const { key, authorization, from, to } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ authorization, from, to })) {
    if (value !== undefined) query.set(name, value);
  }
  const path =
    key === undefined ? 'countersign/v1/evidence' : `countersign/v1/keys/${encodeURIComponent(key)}/evidence`;
  const hash = createHash('sha256');
  for (let lines = 0, count = 1; ; count += 1) {
    const part = PART.safeParse(await server.get(`${path}?${query.toString()}`));
    if (!part.success) throw new CliError('the server sent an answer that is no part of an export');
    const text = part.data.lines.map((line) => `${line}\n`).join('');
    await file.appendFile(text);
    hash.update(text);
    lines += part.data.lines.length;
    if (part.data.cursor === undefined) return { lines, parts: count, sha256: hash.digest('hex') };
    query.set('after', part.data.cursor);
  }
}

async function tell({ output, json }: ExportOptions, written: Written): Promise<void> {
  if (json) return print(JSON.stringify({ file: output, ...written }));
  await print(
    [
      `${output}: ${written.lines} lines`,
      `SHA-256 ${written.sha256}`,
      '',
      'Addresses of people are in it, and no secret. Keep the digest apart from the file: whoever has both can tell',
      `whether the file was exchanged. To verify it, without a server: countersign audit verify ${output}`,
    ].join('\n'),
  );
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

const problemOf = ({ code }: NodeJS.ErrnoException, output: string): string =>
  code === 'EEXIST'
    ? `${output} exists already and is left as it is`
    : `${output} cannot be written: ${code}`;
