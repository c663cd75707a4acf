// Plain JavaScript, like its neighbours: they run in a folder of their own, where the peers are installed.

/** The same clients for every peer: each has one approval after another, and measures from wake to done. */
export async function measure({ concurrency, warmUp, milliseconds }, { request, approve }) {
  const runFor = async (name, duration) => {
    const ends = performance.now() + duration;
    const client = async (n) => {
      const waits = [];
      for (let i = 0; performance.now() < ends; i += 1) {
        const waiting = await request(`${name}-${n}-${i}`);
        const woken = performance.now();
        await approve(waiting);
        waits.push(performance.now() - woken);
      }
      return waits;
    };
    const began = performance.now();
    const waits = (await Promise.all(Array.from({ length: concurrency }, (_, n) => client(n)))).flat();
    return { waits, seconds: (performance.now() - began) / 1_000 };
  };
  const round = `${process.pid}-${Date.now()}`;
  await runFor(`warm-${round}`, warmUp);
  const { waits, seconds } = await runFor(`measured-${round}`, milliseconds);
  waits.sort((a, b) => a - b);
  const quantile = (share) => waits[Math.floor(waits.length * share)];
  return { perSecond: waits.length / seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

/** Answers each message with what a round measured. */
export function serveRounds(run) {
  process.on('message', (round) => {
    run(round).then(
      (figures) => process.send(figures),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send({ ready: true });
}
