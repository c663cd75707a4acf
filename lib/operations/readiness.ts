/** One thing that serving requests needs. */
export interface Check {
  readonly name: 'store' | 'engine' | 'disk' | 'master-key' | 'mail';
  /** `failing` alone makes the server unready; `warning` is something that an operator should look at. */
  readonly status: 'ok' | 'warning' | 'failing';
  /** In words, without a secret. */
  readonly problem?: string;
}

export interface Readiness {
  /** Never throws. What was found is kept for a few seconds: whoever asks often costs nothing. */
  readonly check: () => Promise<readonly Check[]>;
}
