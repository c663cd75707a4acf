import { explained, type Grant, peopleOf } from '../founders.ts';
import { orderAt, type Place } from '../place.ts';
import { CliError } from '../problem.ts';
import { print, spelled, table } from '../terminal.ts';

export interface AddOptions extends Place {
  readonly dualAuthorization: boolean;
  /** In seconds. */
  readonly authorizationWindow: number;
  readonly reauthorizationWindow: number;
  readonly restoreWindow: number;
  readonly managerWait: number;
  readonly json?: boolean;
}

/** `countersign instance add`: one more instance in the folder, whose API keys are shown, once. */
export async function addInstance(
  name: string,
  options: AddOptions,
  grants: readonly Grant[],
): Promise<void> {
  const { json, dualAuthorization, authorizationWindow, reauthorizationWindow } = options;
  const { restoreWindow, managerWait } = options;
  const windows = { authorizationWindow, reauthorizationWindow, restoreWindow, managerWait };
  const people = peopleOf(grants).map(({ email, roles }) => ({ email, roles: [...roles] }));
  if (people.length === 0) throw new CliError(explained({ code: 'last-managers' }));
  const outcome = await orderAt(options, { command: 'init', name, people, dualAuthorization, ...windows });
  if ('refused' in outcome) throw new CliError(explained({ code: outcome.refused, detail: outcome.detail }));
  if (!('people' in outcome)) throw new CliError('the server sent an answer that is no instance');
  const { instanceId, people: made } = outcome;
  if (json) return print(JSON.stringify({ instanceId, people: made }));
  const policy = dualAuthorization
    ? `two people delete a key, the second within ${spelled(authorizationWindow)}`
    : 'one Manager deletes a key alone';
  await print(
    [
      `Instance ${instanceId} (${name}) is added: ${policy}.`,
      '',
      'API keys, shown this once:',
      '',
      table(made.map(({ email, roles, apiKey }) => [`  ${email}`, roles.join(', '), apiKey])),
    ].join('\n'),
  );
}
