import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Store } from '../ports/store.ts';
import type { TokenSigner } from '../ports/token-signer.ts';
import type { Workflow } from '../ports/workflow.ts';

/** How this installation is known to the outside. */
export interface Settings {
  /** Where people and clients reach it, without a slash at the end: `https://keys.example.com/base`. */
  readonly publicUrl: string;
  /** What every key's CRN begins with: `crn:v1:bluemix:public:kms:<region>:a/<account>`. */
  readonly crnScope: string;
}

/** Everything an operation needs of the outside, chosen once by `wiring`. */
export interface Context {
  readonly store: Store;
  readonly workflow: Workflow;
  readonly mailer: Mailer;
  readonly sealer: Sealer;
  readonly signer: TokenSigner;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Settings;
}
