import { CommanderError } from 'commander';
import { CliError, describeProblem } from './problem.ts';
import { buildProgram } from './program.ts';

/** Runs the command line; resolves with the exit code: 0, or 1 for whatever went wrong, told in one line (2: a file that cannot be verified). */
export async function run(argv: readonly string[]): Promise<0 | 1 | 2> {
  // A reader of our output that goes away ends no server; a write that has to be seen tells of it itself.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await buildProgram().parseAsync([...argv]);
    return 0;
  } catch (error) {
    // commander has already said what it has to say; asking for help is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    process.stderr.write(`countersign: ${describeProblem(error, process.env)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
