import { Duration } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import type { Mail } from './mail.ts';
import { KEY_PARTITIONS, type Tables } from './tables.ts';

export interface SweeperProps {
  readonly tables: Tables;
  readonly keys: EncryptionKeys;
  readonly mail: Mail;
  readonly workflow: DeletionWorkflow;
  readonly environment: Readonly<Record<string, string>>;
}

const MEMORY = 512;
/** A full sweep is 1,600 items at about 100 ms. The next one may run beside it: that does no harm. */
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
    tables.grantWrite(sweeper, KEY_PARTITIONS);
    keys.grantSealing(sweeper, { seal: ['link'], unseal: ['link'] });
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
