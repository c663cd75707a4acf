import { PermanentError } from '../domain/errors.ts';
import { DefinitionError, type ExecutionStatus, type HistoryEvent } from '../engine/api.ts';
import { type AwsEvent, awsEvent } from '../engine/aws-event.ts';
import { problemsOf } from '../engine/check-definition.ts';
import { withResources } from '../engine/rehearsal/placeholders.ts';
import { type RehearsalRequest, rehearse } from '../engine/rehearsal/rehearse.ts';
import { ScriptError } from '../engine/rehearsal/script.ts';
import { workflowDefinition } from '../workflow/definition.ts';

export type { Script, Scripted } from '../engine/rehearsal/script.ts';

/** The workflow that this program runs, its functions called by the names of their tasks. */
export const builtInDefinition = (): object => workflowDefinition((task) => task);

/** What the embedded engine does not support in a definition, a line each: state, field, and why. */
export const unsupportedIn = (definition: object): readonly string[] =>
  problemsOf(withResources(definition)).map(({ message }) => message);

export interface RehearsedExecution {
  readonly status: ExecutionStatus;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  /** Why a running one was not followed to its end. */
  readonly unfinished?: string;
  readonly history: readonly HistoryEvent[];
  /** The same in the shape of AWS's GetExecutionHistory. */
  readonly events: readonly AwsEvent[];
}

/**
 * Runs an execution on a virtual clock, without a data folder; its tasks answer what the script says.
 * @throws PermanentError when the engine does not run the definition, or the script does not fit it.
 */
export async function rehearseWorkflow(request: RehearsalRequest): Promise<RehearsedExecution> {
  try {
    const definition = withResources(request.definition);
    const { status, output, error, cause, unfinished, events } = await rehearse({ ...request, definition });
    return { status, output, error, cause, unfinished, history: events, events: events.map(awsEvent) };
  } catch (error) {
    if (error instanceof ScriptError || error instanceof DefinitionError) {
      throw new PermanentError(error.message, { cause: error });
    }
    throw error;
  }
}
