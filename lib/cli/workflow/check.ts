import { builtInDefinition, unsupportedIn } from '../../wiring/rehearsal.ts';
import { CliError } from '../problem.ts';
import { print, visible } from '../terminal.ts';
import { readDefinition } from './read-json.ts';

/** `countersign workflow check`: a line for each thing that the embedded engine does not support. */
export async function checkWorkflow(path?: string): Promise<void> {
  const definition = path === undefined ? builtInDefinition() : await readDefinition(path);
  const name = path === '-' ? 'this definition' : (path ?? 'the built-in definition');
  const problems = unsupportedIn(definition);
  if (problems.length === 0) return print(`${name}: everything in it is supported`);
  await print(problems.map(visible).join('\n'));
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new CliError(`the embedded engine does not run ${name}: ${count}`);
}
