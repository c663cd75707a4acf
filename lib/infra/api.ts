import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BackendFunction } from './backend-function.ts';
import type { DeletionWorkflow } from './deletion-workflow.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import type { Endpoint } from './endpoint.ts';
import { grantExternalKeys } from './external-keys.ts';
import type { Identity } from './identity.ts';
import {
  ALIAS_PARTITIONS,
  CONSOLE_SESSION_PARTITIONS,
  EMAIL_PARTITIONS,
  IDENTITY_PARTITIONS,
  KEY_RING_PARTITIONS,
  REGISTRATION_PARTITIONS,
  SESSION_PARTITIONS,
  type Tables,
} from './tables.ts';

export interface ApiProps {
  readonly endpoint: Endpoint;
  readonly tables: Tables;
  readonly keys: EncryptionKeys;
  readonly workflow: DeletionWorkflow;
  readonly identity: Identity;
  readonly environment: Readonly<Record<string, string>>;
}

/** More than half a processor: people wait for its first answer. */
const MEMORY = 1024;
/** API Gateway gives up after 30 seconds: a later answer would reach nobody. */
const TIMEOUT = 29;

/** The HTTP API and the pages. It seals and unseals key material, and cannot delete any. */
export class Api extends Construct {
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { endpoint, tables, keys, workflow, identity, environment } = props;
    const api = new BackendFunction(this, 'Api', {
      entry: 'api',
      description: 'Countersign: the HTTP API and the pages',
      memory: MEMORY,
      timeout: TIMEOUT,
      environment: { ...environment, ...identity.environment },
    });
    tables.connect(api);
    tables.grantRead(api, 'list');
    tables.grantWrite(api);
    // The address of somebody who was removed is free again, and so is an alias or the id of a key ring.
    tables.grantRemove(api, [
      EMAIL_PARTITIONS,
      IDENTITY_PARTITIONS,
      REGISTRATION_PARTITIONS,
      ALIAS_PARTITIONS,
      KEY_RING_PARTITIONS,
      SESSION_PARTITIONS,
      CONSOLE_SESSION_PARTITIONS,
    ]);
    tables.grantMaterial(api);
    tables.grantRetainedRemoval(api);
    tables.grantNewVersions(api);
    keys.grantSealing(api, {
      seal: ['material', 'link', 'importKey'],
      unseal: ['material', 'retained', 'importKey'],
    });
    // People see what would be lost where a key lives, adopt it, and take its deletion back.
    grantExternalKeys(api, 'restore');
    keys.grantTokenSigning(api);
    workflow.grantRunning(api, 'DescribeExecution', 'GetExecutionHistory', 'StopExecution');
    endpoint.serve(api);
    this.log = api.log;
  }
}
