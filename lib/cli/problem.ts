/** What an operator can mend: shown as one line, without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Errors whose message is one line written for the person who runs the program, and holds no secret. */
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  'CliError',
  'DatabaseError',
  'Countersign.Transient',
  'Countersign.Permanent',
]);

/** One line about what went wrong. A fault of the program is told by its name, and in full with COUNTERSIGN_DEBUG. */
export function describeProblem(error: unknown, environment: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  if (FOR_PEOPLE.has(error.name)) return oneLine(error.message);
  if (environment.COUNTERSIGN_DEBUG !== undefined) return error.stack ?? error.message;
  return oneLine(`unexpected ${error.name}: ${error.message} (COUNTERSIGN_DEBUG=1 shows where)`);
}

/** Line breaks and other controls would forge further lines, or move a terminal's cursor. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();
