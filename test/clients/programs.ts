import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = import.meta.dirname;

/** A program that can be started; or why not, where the machine lacks its language or does not reach its registry. */
export type Program = Language | { readonly unavailable: string };

export interface Runnable {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
}

/** The story in a language, and what runs an example in it. */
export interface Language extends Runnable {
  readonly runnable: (example: string) => Promise<Runnable>;
}

/** For what is installed, from run to run, outside of the checkout. */
async function cacheFolder(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'countersign-clients');
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Go keeps what it loads and compiles in its own caches.
 * @param scratch a folder for the program.
 * @throws when it does not compile.
 */
export async function goProgram(scratch: string): Promise<Program> {
  const cwd = join(HERE, 'go');
  // Loads the modules and compiles nothing.
  const missing = await complaintOf('go', ['list', '-deps', '.'], cwd);
  if (missing !== undefined) return { unavailable: missing };
  const command = join(scratch, 'story');
  await run('go', ['build', '-o', command, '.'], { cwd });
  const runnable = async (example: string): Promise<Runnable> => {
    for (const name of ['go.mod', 'go.sum']) await copyFile(join(cwd, name), join(scratch, name));
    await writeFile(
      join(scratch, 'main.go'),
      GO_MAIN.replace('EXAMPLE', () => example),
    );
    await run('go', ['build', '-o', 'example', 'main.go'], { cwd: scratch });
    return { command: join(scratch, 'example'), args: [], env: {} };
  };
  return { command, args: [], env: {}, runnable };
}

/** What an example in Go leaves to its reader. */
const GO_MAIN = `package main

import (
	"context"
	"os"

	kp "github.com/IBM/keyprotect-go-client"
)

func main() {
	ctx := context.Background()
	EXAMPLE
	_ = keys
	if err != nil {
		panic(err)
	}
}
`;

export async function pythonProgram(scratch: string): Promise<Program> {
  const cwd = join(HERE, 'python');
  const tag = 'import sys, platform; print(sys.implementation.cache_tag, platform.machine(), sep="-")';
  const python = await run('python3', ['-c', tag]).catch(() => undefined);
  if (python === undefined) return { unavailable: 'there is no python3' };
  const versions = (await readFile(join(cwd, 'requirements.txt'), 'utf8')).match(/\w+==[\d.]+/g) ?? [];
  const cache = await cacheFolder();
  const packages = join(cache, ['python', python.stdout.trim(), ...versions].join('-'));
  const missing = await installed(packages, cache, cwd);
  if (missing !== undefined) return { unavailable: missing };
  const of = (file: string) => ({ command: 'python3', args: [file], env: { PYTHONPATH: packages } });
  const runnable = async (example: string): Promise<Runnable> => {
    const file = join(scratch, 'example.py');
    await writeFile(file, example);
    return of(file);
  };
  return { ...of(join(cwd, 'story.py')), runnable };
}

/** Puts the packages there at once or not at all: two runs can come at the same time, and one can be cut short. */
async function installed(packages: string, cache: string, cwd: string): Promise<string | undefined> {
  const isThere = await complaintOf('python3', ['-c', 'import keyprotect'], cwd, { PYTHONPATH: packages });
  if (isThere === undefined) return undefined;
  const target = await mkdtemp(join(cache, 'installing-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'];
    const missing = await complaintOf('python3', [...pip, '--target', target], cwd);
    if (missing !== undefined) return missing;
    await rename(target, packages).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return undefined;
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

/** The last line of what a command complains of; undefined when it succeeds. */
async function complaintOf(
  command: string,
  args: readonly string[],
  cwd: string,
  env: { readonly [name: string]: string } = {},
): Promise<string | undefined> {
  try {
    await run(command, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 2 ** 24 });
    return undefined;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return stderr.split('\n').at(-1) || String(error);
  }
}

/** Runs a program to its end. @throws unless it ends well, with what it complains of. */
export async function linesOf(
  { command, args, env }: Runnable,
  told: { readonly [name: string]: string },
): Promise<readonly string[]> {
  const { stdout } = await run(command, args, { env: { ...process.env, ...env, ...told } });
  return stdout.trimEnd().split('\n');
}
