/** One at a time for each key, in the order asked (invariant 2). Remembers only keys that are in use. */
export interface Turns {
  take<T>(key: number, work: () => Promise<T>): Promise<T>;
  /** Resolves when no work is under way or waiting. */
  idle(): Promise<void>;
}

export function turns(): Turns {
  const last = new Map<number, Promise<unknown>>();
  return {
    take<T>(key: number, work: () => Promise<T>): Promise<T> {
      const before = last.get(key) ?? Promise.resolve();
      const mine = before.then(work, work);
      const forget = () => {
        if (last.get(key) === settled) last.delete(key);
      };
      const settled = mine.then(forget, forget);
      last.set(key, settled);
      return mine;
    },
    async idle() {
      while (last.size > 0) await Promise.all(last.values());
    },
  };
}

/** Runs jobs, at most so many at once; the rest wait as bare numbers, so that a long queue takes little memory. */
export interface Slots {
  readonly free: boolean;
  /** Starts a job now; only while `free`. */
  run(job: () => Promise<void>): void;
  /** Has `resume` called with this number when a slot is free. */
  later(id: number): void;
  /** Forgets what waits; what runs goes on. */
  clear(): void;
  /** Resolves when no job runs. */
  idle(): Promise<void>;
}

/** @param resume the job of a number that had to wait; never rejects, like every job. */
export function slots(most: number, resume: (id: number) => Promise<void>): Slots {
  const waiting = new Set<number>();
  const jobs = new Set<Promise<void>>();

  const run = (job: () => Promise<void>): void => {
    const running = job().finally(() => {
      jobs.delete(running);
      next();
    });
    jobs.add(running);
  };
  const next = (): void => {
    const [id] = waiting;
    if (id === undefined || jobs.size >= most) return;
    waiting.delete(id);
    run(() => resume(id));
  };

  return {
    get free() {
      return jobs.size < most;
    },
    run,
    later(id) {
      waiting.add(id);
      next();
    },
    clear: () => waiting.clear(),
    async idle() {
      while (jobs.size > 0) await Promise.all(jobs);
    },
  };
}
