/** What an examination found about one thing. */
export interface Finding {
  /** Two or three words: `disk`, `key 1234…`. */
  readonly about: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; there unless it is `ok`. */
  readonly todo?: string;
}

export const ok = (about: string, found: string): Finding => ({ about, status: 'ok', found });
export const warn = (about: string, found: string, todo: string): Finding => ({
  about,
  status: 'warn',
  found,
  todo,
});
export const fail = (about: string, found: string, todo: string): Finding => ({
  about,
  status: 'fail',
  found,
  todo,
});

/** 0: nothing is wrong. 1: something should be looked at. 2: something is broken. */
export const exitCodeOf = (findings: readonly Finding[]): 0 | 1 | 2 => {
  if (findings.some(({ status }) => status === 'fail')) return 2;
  return findings.some(({ status }) => status === 'warn') ? 1 : 0;
};
