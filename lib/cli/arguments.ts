import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseRestoreWindow, RESTORE_WINDOW_RULE } from '../domain/destruction.ts';
import { DEFAULT_DRILL, LONGEST_DRILL, SHORTEST_DRILL } from '../domain/drill.ts';
import { LONGEST_MANAGER_WAIT, parseWindow, WINDOW_RULE } from '../domain/instance.ts';
import { CONFIRMATION_LENGTH } from '../domain/key.ts';
import { normalizedEmail } from '../domain/person.ts';
import { parseDuration } from '../domain/time.ts';
import { visible } from './terminal.ts';

/** What commander shows after "argument 'x' is invalid." when a value cannot be read. */
const invalid = (must: string): InvalidArgumentError => new InvalidArgumentError(`It must be ${must}.`);

export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw invalid('a port from 0 to 65535 (0: any free one)');
}

/** How many connections to a mail server. */
export function parseConnections(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 50) return Number(text);
  throw invalid('a number from 1 to 50');
}

/** A port, with the host to listen on before it where it is not this machine alone: `9464`, `0.0.0.0:9464`, `[::]:9464`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  const host = at < 0 ? '127.0.0.1' : text.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw invalid('a port like 9464, or a host and a port like 127.0.0.1:9464');
  return { host, port: parsePort(text.slice(at + 1)) };
}

/** Seconds of an ISO 8601 duration. */
export function parseWindowOption(text: string): number {
  const seconds = parseWindow(text);
  if (seconds === undefined) throw invalid(WINDOW_RULE);
  return seconds;
}

/** Seconds of an ISO 8601 duration. */
export function parseRestoreWindowOption(text: string): number {
  const seconds = parseRestoreWindow(text);
  if (seconds === undefined) throw invalid(RESTORE_WINDOW_RULE);
  return seconds;
}

/** Seconds of an ISO 8601 duration, none included. */
export function parseManagerWait(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds <= LONGEST_MANAGER_WAIT) return seconds;
  throw invalid('an ISO 8601 duration of at most P30D, like P1D');
}

/** Seconds of an ISO 8601 duration. */
export function parseRetention(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= SHORTEST_RETENTION) return seconds;
  throw invalid('an ISO 8601 duration of at least P1D, like P400D');
}

/** A day: shorter would take the history from under a workflow that has just ended. */
const SHORTEST_RETENTION = 86_400;

/** An ISO 8601 duration, as it was given. */
export function parseDrillDuration(text: string): string {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= SHORTEST_DRILL && seconds <= LONGEST_DRILL) return text;
  throw invalid('an ISO 8601 duration from PT1H to P20D, like P7D');
}

/** Seconds of an ISO 8601 duration. */
export function parseDrillEvery(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= DEFAULT_DRILL) return seconds;
  throw invalid('an ISO 8601 duration of at least P7D, like P90D');
}

export function parseInstanceName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= LONGEST_INSTANCE_NAME && visible(name) === name) return name;
  throw invalid(`1 to ${LONGEST_INSTANCE_NAME} characters in one line`);
}

/** As a key's name in Key Protect. */
const LONGEST_INSTANCE_NAME = 90;

export function parseEmail(text: string): string {
  if (normalizedEmail(text) === undefined) throw invalid('an e-mail address');
  return text.trim();
}

export function parseSwitch(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw invalid('on or off');
}

export function parseConfirmation(text: string): string {
  if (text.trim().length === CONFIRMATION_LENGTH) return text;
  throw invalid(`the last ${CONFIRMATION_LENGTH} characters of the key's id`);
}

/** A day, which begins at midnight UTC, or a time with its zone; in ISO 8601, UTC. */
export function parseTime(text: string): string {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const at = form.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw invalid('a day like 2026-01-31, or a time like 2026-01-31T12:00:00Z');
}

export const appended = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/** The options of every command that talks to a server. */
export const withServer = (command: Command): Command =>
  command
    .addOption(
      new Option('--url <url>', 'where the server is')
        .env('COUNTERSIGN_URL')
        .default('http://127.0.0.1:8080'),
    )
    .addOption(
      new Option('--api-key <key>', 'better in the environment: options stand in the list of processes').env(
        'COUNTERSIGN_API_KEY',
      ),
    )
    .addOption(new Option('--instance <id>', 'the id of the instance').env('COUNTERSIGN_INSTANCE'))
    .option('--json', 'print JSON');

/** The text under a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
