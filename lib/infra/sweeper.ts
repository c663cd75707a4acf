import { Duration } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { grantExternalStatus } from './external-keys.ts';
import type { Mail } from './mail.ts';
import { callEach } from './schedule.ts';
import {
  ALIAS_PARTITIONS,
  CHANGE_PARTITIONS,
  CHECKPOINT_PARTITIONS,
  CONSOLE_SESSION_PARTITIONS,
  DRILL_LINK_PARTITIONS,
  DRILL_PARTITIONS,
  IMPORT_PARTITIONS,
  KEY_PARTITIONS,
  KEY_RING_PARTITIONS,
  PEOPLE_MAIL_PARTITIONS,
  SESSION_PARTITIONS,
  type Tables,
} from './tables.ts';

export interface SweeperProps {
  readonly tables: Tables;
  readonly keys: EncryptionKeys;
  readonly mail: Mail;
  readonly workflow: DeletionWorkflow;
  readonly environment: Readonly<Record<string, string>>;
  /** Days between two drills in every instance; undefined: it starts none. */
  readonly drillEveryDays: number | undefined;
  /** Where sweeps go that failed. */
  readonly deadLetters: Queue;
}

const MEMORY = 512;
/** A full sweep is 1,600 items at about 100 ms, and 1,600 keys, eight at a time. The next one may run beside it: that does no harm. */
const TIMEOUT = 300;
const EACH_MINUTE = Duration.minutes(1);

/** Once a minute: finishes what was left between two writes, and sends what was not sent. */
export class Sweeper extends Construct {
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id);
    const { tables, keys, mail, workflow, environment, drillEveryDays, deadLetters } = props;
    const sweeper = new BackendFunction(this, 'Sweep', {
      entry: 'sweep',
      description: 'Countersign: finishes what was left undone',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment,
      deadLetters,
    });
    tables.connect(sweeper);
    tables.grantRead(sweeper, 'due');
    tables.grantWrite(sweeper, [
      ...KEY_PARTITIONS,
      KEY_RING_PARTITIONS,
      IMPORT_PARTITIONS,
      PEOPLE_MAIL_PARTITIONS,
      CHECKPOINT_PARTITIONS,
      CHANGE_PARTITIONS,
      DRILL_PARTITIONS,
    ]);
    tables.grantImportKeyRemoval(sweeper);
    // Policies rotate keys: new material is sealed, and none that is there is unsealed.
    tables.grantNewVersions(sweeper);
    // Time shreds what is left of destroyed keys, and frees their aliases.
    tables.grantRetainedRemoval(sweeper);
    tables.grantRemove(sweeper, [ALIAS_PARTITIONS, SESSION_PARTITIONS, CONSOLE_SESSION_PARTITIONS]);
    keys.grantSealing(sweeper, { seal: ['material', 'link'], unseal: ['link'] });
    // Nobody else signs checkpoints: whoever takes over the API cannot rebuild what they cover.
    keys.grantCheckpointSigning(sweeper);
    grantExternalStatus(sweeper);
    mail.grantSend(sweeper);
    workflow.grantRunning(sweeper, 'DescribeExecution', 'StopExecution');
    if (drillEveryDays !== undefined) {
      sweeper.addEnvironment('DRILL_EVERY_DAYS', String(drillEveryDays));
      // Every instance, and a link for each Manager; what else a drill is it may write to end one.
      tables.grantRead(sweeper, 'list');
      tables.grantWrite(sweeper, [DRILL_LINK_PARTITIONS]);
    }
    // Without repeats: the next minute looks anew. What failed is put aside, so that somebody hears of it.
    const once = { retryAttempts: 0, maxEventAge: EACH_MINUTE };
    sweeper.alias.configureAsyncInvoke(once);
    callEach(this, 'EachMinute', {
      description: 'Countersign: sweeps each minute',
      every: EACH_MINUTE,
      alias: sweeper.alias,
      ...once,
      deadLetters,
    });
    this.log = sweeper.log;
  }
}
