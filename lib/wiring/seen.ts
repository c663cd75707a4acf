import { type RequestMetrics, requestMetrics } from '../http/request-metrics.ts';
import { writesEvents } from '../operations/records/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Write } from '../ports/store.ts';
import type { MailSeen } from './readiness.ts';

/** What the process has seen of itself, for `/metrics` and `/readyz`. In memory: it begins anew with each start. */
export interface Seen {
  readonly requests: RequestMetrics;
  readonly commits: { committed: number; refused: number };
  /** Tells of every commit; `added` is called when it has added to a chain of events. */
  committed(added: () => void): (writes: readonly Write[], committed: boolean) => void;
  /** The same mailer, with when it succeeded and when it failed. */
  mailer(mailer: Mailer): Mailer;
  readonly mail: () => MailSeen;
  /** The same sweep, with when it ran and how long it took. */
  sweeping<T>(sweep: () => Promise<T>): () => Promise<T>;
  readonly sweeper: { startedAt?: number; milliseconds?: number };
  /** Notes that a backup was made. */
  backedUp(): void;
  lastBackup(): number | undefined;
}

export function newSeen(clock: Pick<Clock, 'now'>): Seen {
  const commits = { committed: 0, refused: 0 };
  const sweeper: Seen['sweeper'] = {};
  let lastSuccess: number | undefined;
  let lastFailure: number | undefined;
  let lastBackup: number | undefined;
  return {
    requests: requestMetrics(),
    commits,
    sweeper,
    committed: (added) => (writes, committed) => {
      commits[committed ? 'committed' : 'refused'] += 1;
      if (committed && writesEvents(writes)) added();
    },
    mailer: (mailer) => ({
      async send(mail) {
        try {
          const delivery = await mailer.send(mail);
          // A mail that is refused by itself says nothing about the server.
          lastSuccess = clock.now();
          return delivery;
        } catch (error) {
          lastFailure = clock.now();
          throw error;
        }
      },
    }),
    mail: () => ({ lastSuccess, lastFailure }),
    backedUp: () => {
      lastBackup = clock.now();
    },
    lastBackup: () => lastBackup,
    sweeping: (sweep) => async () => {
      const startedAt = clock.now();
      try {
        return await sweep();
      } finally {
        sweeper.startedAt = startedAt;
        sweeper.milliseconds = clock.now() - startedAt;
      }
    },
  };
}
