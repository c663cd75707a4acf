/** How soon it is seen that npm's shell has ended, in milliseconds. */
const LOOK_EVERY = 200;

/**
 * Resolves at the first SIGTERM or SIGINT. npm sends SIGINT on to us that the terminal has sent already: once is enough.
 * A signal to `npm start` or `npx countersign` alone ends the shell in between, which tells nobody: then at its end.
 */
export const stopSignal = (environment: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    if (isRunByNpm(environment)) atEndOfParent(resolve);
  });

/** What npm runs is this command (npx quotes it), and not a script that may leave a server behind on purpose. */
const isRunByNpm = ({ npm_lifecycle_script: script = '' }: NodeJS.ProcessEnv): boolean =>
  /^(exec )?(node (--\S+ )*bin\/)?["']?countersign\b/.test(script);

function atEndOfParent(then: () => void): void {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    then();
  }, LOOK_EVERY).unref();
}
