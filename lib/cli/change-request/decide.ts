import { CliError } from '../problem.ts';
import { connect, type ServerOptions } from '../server.ts';
import { ask, print } from '../terminal.ts';
import { changePath, changeText, readChange } from './change-request.ts';

export interface ChangeOptions extends ServerOptions {
  readonly json?: boolean;
}

export interface StopOptions extends ChangeOptions {
  readonly note?: string;
  /** Of a denial: stops what else the requester asked for. */
  readonly unexpected?: boolean;
}

export interface ApproveOptions extends StopOptions {
  readonly digest?: string;
}

/** `countersign change-request show`. */
export async function showChange(id: string, options: ChangeOptions): Promise<void> {
  const answer = await connect(options).get(changePath(id));
  await print(options.json ? JSON.stringify(answer, null, 2) : changeText(readChange(answer)));
}

/** `countersign change-request approve`: shows what changes, asks, and is bound to what was shown. */
export async function approveChange(id: string, options: ApproveOptions): Promise<void> {
  const server = connect(options);
  const change = readChange(await server.get(changePath(id)));
  if (change.status !== 'pending' && change.status !== 'approved') {
    throw new CliError(`nothing waits for an approval: the change request is ${change.status}`);
  }
  if (options.digest === undefined) {
    if (!options.json) await print(`${changeText(change)}\n`);
    const typed = await ask('Type approve to make this change: ');
    if (typed === undefined) {
      throw new CliError('nobody is there to confirm it: give --digest as it was shown, or use a terminal');
    }
    if (typed.trim() !== 'approve') throw new CliError('this is not the word; nothing was approved');
  }
  const { digest = change.digest, note } = options;
  const answer = await server.send('post', `${changePath(change.id)}/approve`, { json: { digest, note } });
  await print(
    options.json ? JSON.stringify(answer, null, 2) : `Approved and done: change of ${change.subject}.`,
  );
}

const STOPPED = { deny: 'denied', withdraw: 'withdrawn' } as const;

/** `countersign change-request deny` and `withdraw`: any one Manager stops it. */
export async function stopChange(id: string, how: keyof typeof STOPPED, options: StopOptions): Promise<void> {
  const { note, unexpected, json } = options;
  const answer = await connect(options).send('post', `${changePath(id)}/${how}`, {
    json: { note, unexpected },
  });
  const text = `The change of ${readChange(answer).subject} is ${STOPPED[how]}; nothing is changed.`;
  await print(json ? JSON.stringify(answer, null, 2) : text);
}
