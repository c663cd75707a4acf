import { builtInDefinition, type RehearsedExecution, rehearseWorkflow } from '../../wiring/rehearsal.ts';
import { CliError } from '../problem.ts';
import { print, spelled, table, visible } from '../terminal.ts';
import { parseJson, readDefinition } from './read-json.ts';
import { readResults } from './results.ts';

export interface WorkflowRunOptions {
  /** A file, `-` for standard input; without it the built-in definition. */
  readonly definition?: string;
  /** JSON. */
  readonly input: string;
  readonly results?: string;
  readonly json?: boolean;
}

/** `countersign workflow run`: tells what would happen if the tasks answered as the results say. */
export async function runWorkflow(options: WorkflowRunOptions): Promise<void> {
  if (options.definition === '-' && options.results === '-') {
    throw new CliError('only one of --definition and --results can be standard input');
  }
  const { definition: path, results } = options;
  const definition = path === undefined ? builtInDefinition() : await readDefinition(path);
  const input = parseJson(options.input, '--input');
  const script = results === undefined ? {} : await readResults(results);
  const run = await rehearseWorkflow({ definition, input, script });
  await print(options.json ? asJson(run) : asText(run));
  if (run.unfinished !== undefined) throw new CliError(run.unfinished);
}

function asJson({ status, output, error, cause, unfinished, events }: RehearsedExecution): string {
  return JSON.stringify({ status, output, error, cause, unfinished, events }, null, 2);
}

function asText({ status, history, output, error, cause }: RehearsedExecution): string {
  const start = history[0]?.timestamp ?? 0;
  const rows = history.map(({ id, previousEventId, type, timestamp, details }) => [
    String(id).padStart(5),
    String(previousEventId).padStart(5),
    elapsed(timestamp - start),
    type,
    summary(details),
  ]);
  const took = spelled(Math.floor(((history.at(-1)?.timestamp ?? start) - start) / 1_000));
  const outcome = [
    `${status} after ${took}`,
    ...(output === undefined ? [] : [`output  ${visible(JSON.stringify(output))}`]),
    ...(error === undefined ? [] : [`error   ${visible(error)}`]),
    ...(cause === undefined ? [] : [`cause   ${visible(cause)}`]),
  ];
  return `${table(rows, ['   id', ' prev', 'after', 'event', ''])}\n\n${outcome.join('\n')}`;
}

/** Days, hours, minutes and seconds since the start: `2d 03:00:00`. */
function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  const days = Math.floor(seconds / 86_400);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const clock = `${two((seconds % 86_400) / 3_600)}:${two((seconds % 3_600) / 60)}:${two(seconds % 60)}`;
  return days === 0 ? clock : `${days}d ${clock}`;
}

/** What a person looks for in an event; the rest is in the JSON. */
const TOLD = ['name', 'error', 'cause', 'parameters', 'input', 'output'] as const;
const MOST_CHARACTERS = 100;

function summary(details: { readonly [name: string]: unknown }): string {
  const told = TOLD.flatMap((name) => (typeof details[name] === 'string' ? [details[name]] : []));
  const text = told.slice(0, 2).join('  ');
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
