import { Construct } from 'constructs';
import { TASK_NAMES, type TaskName } from '../workflow/task-names.ts';
import { BackendFunction } from './backend-function.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { type ExternalRight, grantExternalKeys } from './external-keys.ts';
import type { Mail } from './mail.ts';
import { KEY_PARTITIONS, REGISTRATION_PARTITIONS, type Tables, WAIT_PARTITIONS } from './tables.ts';

export interface StepsProps {
  readonly tables: Tables;
  readonly keys: EncryptionKeys;
  readonly mail: Mail;
  /** What every function is told. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a step's role may do beside reading the main table and writing what belongs to a key. */
interface Rights {
  /** Wakes executions: its own when the decision came before the token, or another's that it decided about. */
  readonly wakes?: true;
  /** Stores its task token. */
  readonly waits?: true;
  /** Seals the links of the mails that it makes necessary. */
  readonly sealsLinks?: true;
  /** Sends what is due, and unseals the links for it. */
  readonly mails?: true;
  /** Destroys keys: sets their material aside, sealed once more and unread, or deletes it. */
  readonly destroys?: true;
  /** Takes away the task token of an execution that ends. */
  readonly forgetsToken?: true;
  /** Takes away what is registered with a key that was destroyed by force. */
  readonly unregisters?: true;
  /** Looks at keys that live in AWS KMS, or deletes them there. */
  readonly external?: ExternalRight;
}

const RIGHTS: Readonly<Record<TaskName, Rights>> = {
  'record-authorization': { wakes: true, sealsLinks: true, external: 'look' },
  'await-approval': { waits: true, wakes: true, mails: true },
  'settle-window': { sealsLinks: true },
  'await-reauthorization': { waits: true, wakes: true, mails: true },
  'settle-reauthorization': { sealsLinks: true },
  'delete-key': { sealsLinks: true, destroys: true, external: 'delete' },
  'notify-outcome': { mails: true, forgetsToken: true, unregisters: true },
};

/** Ten reads and writes at most; the SDK starts in half the time that it takes with 256 MB. */
const MEMORY = 512;
/** Half of what the workflow allows a step, so that it is the function that ends, and its log that says why. */
const TIMEOUT = 30;

/** The workflow's tasks, one function each. */
export class Steps extends Construct {
  private readonly functions: ReadonlyMap<TaskName, BackendFunction>;

  constructor(scope: Construct, id: string, props: StepsProps) {
    super(scope, id);
    this.functions = new Map(TASK_NAMES.map((task) => [task, this.step(task, props)]));
  }

  entries(): readonly (readonly [TaskName, BackendFunction])[] {
    return [...this.functions];
  }

  /** The ARN of the role that alone destroys keys. */
  get deletingRole(): string {
    const [deleting] = this.entries().flatMap(([task, { role }]) => (task === 'delete-key' ? [role] : []));
    if (deleting === undefined) throw new Error('there is no step that deletes keys');
    return deleting.roleArn;
  }

  /** Those that wake executions. */
  wakers(): readonly BackendFunction[] {
    return this.entries().flatMap(([task, step]) => (RIGHTS[task].wakes ? [step] : []));
  }

  private step(task: TaskName, { tables, keys, mail, environment }: StepsProps): BackendFunction {
    const { waits, sealsLinks, mails, destroys, forgetsToken, unregisters, external } = RIGHTS[task];
    const step = new BackendFunction(this, pascalCase(task), {
      entry: task,
      description: `Countersign: the workflow's step ${task}`,
      memory: MEMORY,
      timeout: TIMEOUT,
      environment,
    });
    tables.connect(step);
    tables.grantRead(step);
    tables.grantWrite(step, waits ? [...KEY_PARTITIONS, WAIT_PARTITIONS] : KEY_PARTITIONS);
    keys.grantSealing(step, {
      seal: [...(sealsLinks ? (['link'] as const) : []), ...(destroys ? (['retained'] as const) : [])],
      unseal: mails ? ['link'] : [],
    });
    if (mails) mail.grantSend(step);
    if (destroys) tables.grantDestruction(step);
    if (forgetsToken) tables.grantRemove(step, [WAIT_PARTITIONS]);
    if (unregisters) tables.grantRemove(step, [REGISTRATION_PARTITIONS]);
    if (external !== undefined) grantExternalKeys(step, external);
    return step;
  }
}

/** `delete-key` as `DeleteKey`. */
export const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
