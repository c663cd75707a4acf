import { statfs } from 'node:fs/promises';
import type { Check, Readiness } from '../operations/readiness.ts';
import type { Clock } from '../ports/clock.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { DataFolder } from './data-folder.ts';

/** How long what was found is kept, in milliseconds. */
const KEPT = 5_000;
/** Below this the next commits may find no room, in bytes. */
const LEAST_ROOM = 64 * 1024 * 1024;

/** When mails were handed over and when they could not be, in milliseconds. */
export interface MailSeen {
  readonly lastSuccess: number | undefined;
  readonly lastFailure: number | undefined;
}

export interface ReadinessOptions {
  readonly folder: Pick<DataFolder, 'path' | 'database' | 'commit'>;
  readonly sealer: Pick<Sealer, 'seal' | 'unseal'>;
  /** Throws when the engine is closed, or cannot read its journal. */
  readonly engine: () => Promise<unknown>;
  readonly mail: () => MailSeen;
  readonly clock: Pick<Clock, 'now'>;
}

/** What a server on one machine needs. Mail that fails is a warning: whoever has no mail can still decide by the API. */
export function localReadiness({ folder, sealer, engine, mail, clock }: ReadinessOptions): Readiness {
  const { database } = folder;
  const write = () =>
    folder.commit(
      () =>
        void database.prepare(`INSERT OR REPLACE INTO store_meta (name, value) VALUES ('ready', 1)`).run(),
    );
  const look = (): Promise<readonly Check[]> =>
    Promise.all([
      check('store', 'the database cannot be written', write),
      check('engine', 'the workflow engine does not run', engine),
      check('disk', `the data folder has less than ${LEAST_ROOM / 1024 / 1024} MiB of room`, async () => {
        const { bavail, bsize } = await statfs(folder.path);
        if (bavail * bsize < LEAST_ROOM) throw new Error('no room');
      }),
      check('master-key', 'the master key does not open what it has sealed', async () => {
        const opened = await sealer.unseal(await sealer.seal(PROBE, 'readiness'), 'readiness');
        if (Buffer.compare(PROBE, opened) !== 0) throw new Error('another plaintext');
      }),
      Promise.resolve(mailCheck(mail())),
    ]);
  let kept: { readonly until: number; readonly checks: Promise<readonly Check[]> } | undefined;
  return {
    check() {
      const now = clock.now();
      // A clock that was set back must not keep an answer for long.
      if (kept === undefined || now >= kept.until || now < kept.until - KEPT) {
        kept = { until: now + KEPT, checks: look() };
      }
      return kept.checks;
    },
  };
}

const PROBE = Buffer.from('countersign');

async function check(name: Check['name'], problem: string, work: () => Promise<unknown>): Promise<Check> {
  try {
    await work();
    return { name, status: 'ok' };
  } catch {
    return { name, status: 'failing', problem };
  }
}

const mailCheck = ({ lastSuccess = -1, lastFailure = -1 }: MailSeen): Check =>
  lastFailure > lastSuccess
    ? {
        name: 'mail',
        status: 'warning',
        problem: `the last mail could not be handed over (${new Date(lastFailure).toISOString()})`,
      }
    : { name: 'mail', status: 'ok' };
