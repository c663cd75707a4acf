import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { accept, INLINE_POLICY } from './accepted.ts';
import { Defaults } from './defaults.ts';
import { keptLogGroup } from './log-group.ts';

export interface BackendFunctionProps {
  /** The file in `functions/` without its extension. */
  readonly entry: string;
  readonly description: string;
  /** MB. Lambda gives processor time in proportion: a whole core at 1,769. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  /** Variables beside those that come with a right. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where events go that it could not deal with; only for one that is called without anybody waiting for its answer. */
  readonly deadLetters?: Queue;
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The ways to credentials that the SDK loads when there are none in the environment: a function's are always there. */
const OTHER_CREDENTIALS = [
  ...['sso', 'ini', 'process', 'web-identity', 'http'].map((way) => `@aws-sdk/credential-provider-${way}`),
  '@smithy/credential-provider-imds',
];
/** Loaded for an operation that answers with a stream of events, which none of ours does; by the client of S3 at once. */
const EVENT_STREAMS = '@smithy/core/event-streams';
const USES_S3: ReadonlySet<string> = new Set(['archive-execution']);

const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  // The modules as published, not their CommonJS builds: half the size.
  mainFields: ['module', 'main'],
  // The SDK that the tests ran with, not the one that Lambda happens to have.
  bundleAwsSDK: true,
} as const satisfies BundlingOptions;

/**
 * How esbuild makes a function one file; `bench/bundles.ts` weighs what comes of it.
 *
 * @param entry the file in `functions/` without its extension.
 */
export const bundlingOf = (entry: string) =>
  ({
    ...BUNDLING,
    externalModules: USES_S3.has(entry) ? OTHER_CREDENTIALS : [...OTHER_CREDENTIALS, EVENT_STREAMS],
  }) satisfies BundlingOptions;

/**
 * A function of the backend: a role and a log group of its own, and an alias, which is what everything calls, so
 * that executions that wait for days outlive deployments. Its role may write its log and its traces, and what else
 * it is given through {@link allow}.
 */
export class BackendFunction extends Construct {
  readonly role: Role;
  readonly alias: Alias;
  readonly name: string;
  readonly log: LogGroup;
  private readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: BackendFunctionProps) {
    super(scope, id);
    const { entry, description, memory, timeout, environment, deadLetters } = props;
    const defaults = Defaults.of(this);
    const { logLevel, reservedConcurrency } = defaults.props;
    this.log = keptLogGroup(this, 'Log');
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.log.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: `${PROJECT}functions/${entry}.ts`,
      projectRoot: PROJECT,
      depsLockFilePath: `${PROJECT}package-lock.json`,
      bundling: bundlingOf(entry),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      timeout: Duration.seconds(timeout),
      description,
      role: this.role,
      logGroup: this.log,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[logLevel],
      systemLogLevelV2: SystemLogLevel.INFO,
      tracing: Tracing.ACTIVE,
      ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
      ...(deadLetters !== undefined && { deadLetterQueue: deadLetters }),
      environment: {
        ...environment,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: entry,
        POWERTOOLS_METRICS_NAMESPACE: defaults.namespace,
      },
    });
    this.name = this.function.functionName;
    this.alias = this.function.addAlias('live');
    defaults.watch({ entry, function: this.function });
    this.acceptFindings(deadLetters !== undefined, reservedConcurrency !== undefined);
  }

  allow(statement: PolicyStatementProps): void {
    this.role.addToPolicy(new PolicyStatement(statement));
  }

  addEnvironment(name: string, value: string): void {
    this.function.addEnvironment(name, value);
  }

  private acceptFindings(hasDeadLetters: boolean, hasReserved: boolean): void {
    accept(this, {
      'AwsSolutions-IAM5[Resource::*]':
        'Only xray:PutTraceSegments, xray:PutTelemetryRecords and, of some, kms:ListAliases, for which AWS offers no resource (service authorization reference, AWS X-Ray and AWS KMS). test/infra/iam.test.ts finds any other action on every resource.',
      'NIST.800.53.R5-IAMNoInlinePolicy': INLINE_POLICY,
      'NIST.800.53.R5-LambdaInsideVPC':
        'It reaches AWS services alone, over TLS, by its role; nothing that it uses is in a VPC. A VPC would add an endpoint a service and zone, and no rule that the policies of the tables and keys do not hold already.',
      ...(!hasDeadLetters && {
        'NIST.800.53.R5-LambdaDLQ':
          'It is only called by somebody who waits for its answer (Step Functions, API Gateway, an operator): Lambda queues nothing that could become a dead letter. Step Functions retries and the execution is kept.',
      }),
      ...(!hasReserved && {
        'NIST.800.53.R5-LambdaConcurrency':
          'Reserved where the context "reservedConcurrency" asks for it: a new account has none to give, and a deployment there would fail. API Gateway throttles what comes from outside.',
      }),
    });
  }
}
