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
import { Construct } from 'constructs';
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
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  // The modules as published, not their CommonJS builds: half the size.
  mainFields: ['module', 'main'],
  // The SDK that the tests ran with, not the one that Lambda happens to have.
  externalModules: [],
  bundleAwsSDK: true,
  // nodemailer is CommonJS and requires Node's modules.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
};

/**
 * A function of the backend: a role and a log group of its own, and an alias, which is what everything calls, so
 * that executions that wait for days outlive deployments. Its role may write its log and its traces, and what else
 * it is given through {@link allow}.
 */
export class BackendFunction extends Construct {
  readonly role: Role;
  readonly alias: Alias;
  readonly name: string;
  private readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: BackendFunctionProps) {
    super(scope, id);
    const { entry, description, memory, timeout, environment } = props;
    const logGroup = keptLogGroup(this, 'Log');
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: `${PROJECT}functions/${entry}.ts`,
      projectRoot: PROJECT,
      depsLockFilePath: `${PROJECT}package-lock.json`,
      bundling: BUNDLING,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      timeout: Duration.seconds(timeout),
      description,
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      tracing: Tracing.ACTIVE,
      environment: { ...environment, NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: entry },
    });
    this.name = this.function.functionName;
    this.alias = this.function.addAlias('live');
  }

  allow(statement: PolicyStatementProps): void {
    this.role.addToPolicy(new PolicyStatement(statement));
  }

  addEnvironment(name: string, value: string): void {
    this.function.addEnvironment(name, value);
  }
}
