import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { ShreddingRecord } from '../ports/shredding-record.ts';
import type { Store } from '../ports/store.ts';
import type { TokenSigner } from '../ports/token-signer.ts';
import type { Workflow } from '../ports/workflow.ts';
import type { MailSender } from './mail-sender.ts';
import type { Writings } from './writings.ts';

/** How this installation is known to the outside. */
export interface Settings {
  /** Where people and clients reach it, without a slash at the end: `https://keys.example.com/base`. */
  readonly publicUrl: string;
  /** What every key's CRN begins with: `crn:v1:bluemix:public:kms:<region>:a/<account>`. */
  readonly crnScope: string;
  /** Whether people claim their API keys by a mailed link; without mail they get them from whoever adds them. */
  readonly apiKeysByMail: boolean;
}

/** Everything an operation needs of the outside, chosen once by `wiring`. */
export interface Context {
  readonly store: Store;
  readonly workflow: Workflow;
  readonly mailer: Mailer;
  readonly sealer: Sealer;
  readonly signer: TokenSigner;
  /** Signs checkpoints, with a key of its own: whoever signs access tokens cannot sign these (docs/evidence.md). */
  readonly checkpointSigner: TokenSigner;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Settings;
  /** Absent where backups cannot bring back what was shredded for longer than they are kept (docs/aws.md). */
  readonly shreddings?: ShreddingRecord;
  /** Absent where a process may end with its answer (Lambda): then each step sends its mails before it answers. */
  readonly mailSender?: MailSender;
  /** Tells of what this process has written. Absent where others write what somebody waits for: then they look again. */
  readonly writings?: Writings;
}
