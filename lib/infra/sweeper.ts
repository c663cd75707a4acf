import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { accept, INLINE_POLICY } from './accepted.ts';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { grantExternalStatus } from './external-keys.ts';
import type { Mail } from './mail.ts';
import {
  ALIAS_PARTITIONS,
  CHANGE_PARTITIONS,
  CHECKPOINT_PARTITIONS,
  CONSOLE_SESSION_PARTITIONS,
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
    const { tables, keys, mail, workflow, environment, deadLetters } = props;
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
    this.runEachMinute(sweeper, deadLetters);
    this.log = sweeper.log;
    accept(this, { 'NIST.800.53.R5-IAMNoInlinePolicy': INLINE_POLICY });
  }

  /** Without repeats: the next minute looks anew. What failed is put aside, so that somebody hears of it. */
  private runEachMinute({ alias }: BackendFunction, deadLetterQueue: Queue): void {
    alias.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EACH_MINUTE });
    const role = new Role(this, 'ScheduleRole', {
      // Not for the schedules of other accounts (IAM user guide: confused deputy).
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    new Schedule(this, 'EachMinute', {
      description: 'Countersign: sweeps each minute',
      schedule: ScheduleExpression.rate(EACH_MINUTE),
      target: new LambdaInvoke(alias, { role, retryAttempts: 0, maxEventAge: EACH_MINUTE, deadLetterQueue }),
    });
  }
}
