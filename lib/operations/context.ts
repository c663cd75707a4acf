import type { Clock } from '../ports/clock.ts';
import type { EventFeed } from '../ports/event-feed.ts';
import type { Identity } from '../ports/identity.ts';
import type { KeyProviders } from '../ports/key-provider.ts';
import type { Log } from '../ports/log.ts';
import type { Mailer } from '../ports/mailer.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { ShreddingRecord } from '../ports/shredding-record.ts';
import type { StartingCommit, Store, WakingCommit } from '../ports/store.ts';
import type { TokenSigner } from '../ports/token-signer.ts';
import type { Trace } from '../ports/trace.ts';
import type { Workflow } from '../ports/workflow.ts';
import type { Installation } from './installation.ts';
import type { MailSender } from './mail-sender.ts';
import type { Readiness } from './readiness.ts';
import type { Writings } from './writings.ts';

/** How this installation is known to the outside. */
export interface Settings {
  /** Where people and clients reach it, without a slash at the end: `https://keys.example.com/base`. */
  readonly publicUrl: string;
  /** What every key's CRN begins with: `crn:v1:bluemix:public:kms:<region>:a/<account>`. */
  readonly crnScope: string;
  /** Whether people claim their API keys by a mailed link; without mail they get them from whoever adds them. */
  readonly apiKeysByMail: boolean;
  /** How often every Manager is asked whether they can still approve, in seconds; absent: when somebody starts it. */
  readonly drillEvery?: number;
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
  /** Absent where nobody measures: a command that does one thing and ends. */
  readonly metrics?: Metrics;
  /** Absent where nobody records traces: on one machine. */
  readonly trace?: Trace;
  /** Absent where backups cannot bring back what was shredded for longer than they are kept (docs/aws.md). */
  readonly shreddings?: ShreddingRecord;
  /** Where keys live that do not live here; absent where none is set up. */
  readonly providers?: KeyProviders;
  /** An OIDC issuer that says who somebody is; absent where API keys alone do. */
  readonly identity?: Identity;
  /** Absent where a process may end with its answer (Lambda): then each step sends its mails before it answers. */
  readonly mailSender?: MailSender;
  /** Absent where the workflow is not in the store's own file (AWS): then a decision is written, and wakes after that. */
  readonly wakingCommit?: WakingCommit;
  /** Absent there as well: then a request is written, and its execution starts after that. */
  readonly startingCommit?: StartingCommit;
  /** Tells of what this process has written. Absent where others write what somebody waits for: then they look again. */
  readonly writings?: Writings;
  /** What is committed of events, in order. Absent where they are published instead (docs/siem.md). */
  readonly eventFeed?: EventFeed;
  /** Absent where the platform watches what a process needs. */
  readonly readiness?: Readiness;
  /** Absent where many processes serve, and none knows the others (AWS). */
  readonly installation?: Installation;
  /** The API request that is being served, or that a step of the workflow goes back to. */
  readonly correlationId?: string;
}

/** The same context on behalf of one API request: its events and its lines in the log name it. */
export const onBehalfOf = (context: Context, correlationId: string): Context => ({
  ...context,
  correlationId,
  log: naming(context.log, correlationId),
});

const naming = (log: Log, correlationId: string): Log => ({
  info: (message, fields) => log.info(message, { correlationId, ...fields }),
  error: (message, fields) => log.error(message, { correlationId, ...fields }),
});
