import { CliError } from './problem.ts';

/**
 * Writes to standard output and waits until it is taken.
 * @throws CliError when it cannot be: a full disk, a reader that went away.
 */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, (error) => {
      if (error) reject(new CliError(`standard output cannot be written: ${error.message}`));
      else resolve();
    });
  });
}

/** As `print`, to standard error. */
export const printError = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stderr.write(text.endsWith('\n') ? text : `${text}\n`, (error) => {
      if (error) reject(new CliError(`standard error cannot be written: ${error.message}`));
      else resolve();
    });
  });

/** Columns as wide as their widest cell, two blanks between them; a first row of titles where there is one. */
export function table(rows: readonly (readonly string[])[], titles?: readonly string[]): string {
  const all = titles === undefined ? rows : [titles, ...rows];
  const columns = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...all.map((row) => visible(row[i] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    widths
      .map((width, i) => visible(row[i] ?? '').padEnd(width))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

/** What others have written may hold controls that would move the cursor or change earlier lines. */
export const visible = (text: string): string => text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ');

/**
 * Asks a question on the terminal.
 * @returns undefined when nobody is there to answer: standard input or the terminal is not one.
 * @throws CliError when it is left with Ctrl-C or Ctrl-D.
 */
export async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    process.stderr.write('\n');
    throw new CliError('left without an answer; nothing was done');
  } finally {
    terminal.close();
  }
}

/**
 * Asks for something that is not shown while it is typed.
 * @returns undefined when nobody is there to answer.
 * @throws CliError when it is left with Ctrl-C or Ctrl-D.
 */
export async function askSecretly(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { createInterface } = await import('node:readline');
  const { Writable } = await import('node:stream');
  // What is typed is echoed to a stream that shows nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () => terminal.close());
      terminal.once('close', () => reject(new CliError('left without an answer; nothing was done')));
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

export { spelled } from '../domain/time.ts';
