import { type MasterKeyOrder, orderMasterKey } from '../wiring/master-key-order.ts';
import type { MasterKeyState, SealedCounts } from '../wiring/master-key-rotation.ts';
import { passphrase } from './passphrase.ts';
import { CliError } from './problem.ts';
import { print, table } from './terminal.ts';

export interface RotateMasterKeyOptions {
  readonly dataDir: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** How often it is told how far it is, in things that were sealed anew. */
const TELL_EVERY = 1_000;

/** `countersign rotate-master-key`: shows how far it is on standard error, and what came of it. */
export async function rotateMasterKey({ dataDir, dryRun, json }: RotateMasterKeyOptions): Promise<void> {
  const ask = (command: MasterKeyOrder['command'], progress?: (done: number) => void) =>
    orderMasterKey(dataDir, { command, ...passphrase() }, progress);
  const found = await ask('master-key-state');
  if (!('state' in found)) throw notAnswered();
  if (dryRun) return print(json ? JSON.stringify(found.state, null, 2) : stateText(found.state));
  const total = totalOf(found.state.counts);
  let told = 0;
  const outcome = await ask('rotate-master-key', (done) => {
    if (done < told + TELL_EVERY) return;
    told = done;
    process.stderr.write(`sealed anew: ${done} of ${total}\n`);
  });
  if (!('rotated' in outcome)) throw notAnswered();
  const { rotated } = outcome;
  if (json) return print(JSON.stringify(rotated, null, 2));
  await print(
    [
      `Master key ${rotated.masterKey} is in the place of ${rotated.former}${rotated.resumed ? ', as was begun before' : ''}.`,
      `Sealed anew: ${rotated.resealed}. The former key is no longer in ${dataDir}/master.key.`,
      '',
      'Copy the new master.key to where its copy is kept. Keep the former copy as long as there are backups from before:',
      'they need it, and whoever has both can open them.',
    ].join('\n'),
  );
}

const NAMES: { readonly [kind in keyof SealedCounts]: string } = {
  key: 'keys',
  'destroyed-key': 'destroyed keys that can be restored',
  'import-token': 'import tokens',
  mail: 'mails with a link that are not sent yet',
  'access-key': 'access keys of the Step Functions API',
};

const KINDS = Object.keys(NAMES) as (keyof SealedCounts)[];

const totalOf = (counts: SealedCounts): number => KINDS.reduce((sum, kind) => sum + counts[kind], 0);

function stateText({ masterKey, former, counts }: MasterKeyState): string {
  const rows = KINDS.map((kind) => [String(counts[kind]), NAMES[kind]]);
  const first =
    former === undefined
      ? `Everything is sealed under master key ${masterKey}. A rotation would seal anew:`
      : `A rotation from master key ${former} to ${masterKey} was begun. Still to be sealed anew:`;
  return `${first}\n${table(rows)}`;
}

const notAnswered = (): CliError => new CliError('the server sent an answer that is none to this');
