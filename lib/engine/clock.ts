/** The engine's only source of time. */
export interface EngineClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, when `now()` has reached `at` or later, never synchronously; returns what cancels it. */
  schedule(at: number, run: () => void): () => void;
}

// A timer counts monotonic time. Looking at the wall clock each minute notices a jump or a suspended machine within
// that minute, and stays below setTimeout's limit of 2^31 - 1 ms.
const LONGEST_SLEEP = 60_000;

/** The machine's own clock. A pending timer keeps the process alive until it is cancelled. */
export function systemEngineClock(): EngineClock {
  const now = () => Date.now();
  const schedule = (at: number, run: () => void) => {
    let timer = setTimeout(check, sleepUntil(at));
    function check(): void {
      // setTimeout may fire a millisecond early, and the wall clock may have been set back.
      if (now() >= at) run();
      else timer = setTimeout(check, sleepUntil(at));
    }
    return () => clearTimeout(timer);
  };
  const sleepUntil = (at: number) => Math.min(Math.max(at - now(), 0), LONGEST_SLEEP);
  return { now, schedule };
}
