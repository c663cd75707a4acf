import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import type { Mail } from './mail.ts';
import {
  ALIAS_PARTITIONS,
  CHECKPOINT_PARTITIONS,
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
}

const MEMORY = 512;
/** A full sweep is 1,600 items at about 100 ms, and 1,600 keys, eight at a time. The next one may run beside it: that does no harm. */
const TIMEOUT = 300;
const EACH_MINUTE = Duration.minutes(1);

/** Once a minute: finishes what was left between two writes, and sends what was not sent. */
export class Sweeper extends Construct {
  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id);
    const { tables, keys, mail, workflow, environment } = props;
    const sweeper = new BackendFunction(this, 'Sweep', {
      entry: 'sweep',
      description: 'Countersign: finishes what was left undone',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment,
    });
    tables.connect(sweeper);
    tables.grantRead(sweeper, 'due');
    tables.grantWrite(sweeper, [
      ...KEY_PARTITIONS,
      KEY_RING_PARTITIONS,
      IMPORT_PARTITIONS,
      PEOPLE_MAIL_PARTITIONS,
      CHECKPOINT_PARTITIONS,
    ]);
    tables.grantImportKeyRemoval(sweeper);
    // Policies rotate keys: new material is sealed, and none that is there is unsealed.
    tables.grantNewVersions(sweeper);
    // Time shreds what is left of destroyed keys, and frees their aliases.
    tables.grantRetainedRemoval(sweeper);
    tables.grantRemove(sweeper, [ALIAS_PARTITIONS, SESSION_PARTITIONS]);
    keys.grantSealing(sweeper, { seal: ['material', 'link'], unseal: ['link'] });
    // Nobody else signs checkpoints: whoever takes over the API cannot rebuild what they cover.
    keys.grantCheckpointSigning(sweeper);
    mail.grantSend(sweeper);
    workflow.grantRunning(sweeper, 'DescribeExecution', 'StopExecution');
    this.runEachMinute(sweeper);
  }

  /** Without repeats: the next minute looks anew. */
  private runEachMinute({ alias }: BackendFunction): void {
    alias.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EACH_MINUTE });
    new Schedule(this, 'EachMinute', {
      description: 'Countersign: sweeps each minute',
      schedule: ScheduleExpression.rate(EACH_MINUTE),
      target: new LambdaInvoke(alias, { retryAttempts: 0, maxEventAge: EACH_MINUTE }),
    });
  }
}
