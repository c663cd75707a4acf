import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { simpleParser } from 'mailparser';
import { attemptIn } from '../../lib/adapters/ses/tags.ts';
import { type EngineClock, systemEngineClock } from '../../lib/engine/clock.ts';
import type { Mail } from '../../lib/ports/mailer.ts';
import type { Order, Outcome } from '../../lib/wiring/administration.ts';
import { allowed, resourceStatementsOf, type Statement, statementsOf } from '../infra/policies.ts';
import { sharedAssembly } from '../support/assembly.ts';
import { testClient } from '../support/aws-server.ts';
import { dynamodbEndpoint } from '../support/dynamodb-tables.ts';
import { startXRayDaemon, type XRayDaemon } from '../support/x-ray-daemon.ts';
import { withoutAlias } from './alias.ts';
import { type ApiGateway, startApiGateway } from './api-gateway.ts';
import { type ServiceRequest, startAws } from './aws.ts';
import { REGION } from './cloud.ts';
import { openKms } from './kms.ts';
import { type Lambda, type LambdaFunction, startLambda } from './lambda.ts';
import { denialOf, type Principal } from './permissions.ts';
import { type PublishedEvent, startEventBridge, startS3 } from './stand-ins.ts';
import { createTables } from './tables.ts';
import { type Given, type Template, type TemplateDocument, templateOf } from './template.ts';
import { openStateMachine, type StateMachine } from './workflow.ts';

/** A CommonJS module with a default export, which `import` finds in different places. */
const { default: startSes }: typeof import('aws-ses-v2-local') = createRequire(import.meta.url)(
  'aws-ses-v2-local',
);

/** The stack, deployed on this machine: everything that is of ours as synthesized, everything of AWS's stood in for. */
export interface Deployment {
  /** Where API Gateway answers. */
  readonly url: string;
  readonly template: Template;
  readonly lambda: Lambda;
  /** Where every service of AWS answers, to whoever has a function's access key. */
  readonly endpoint: string;
  readonly clock: EngineClock;
  /** Every mail that SES took, oldest first. */
  readonly mails: readonly Mail[];
  /** Every event that EventBridge took, in the order in which it did. */
  readonly published: readonly PublishedEvent[];
  /** What S3 keeps, by `/bucket/key`. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** What IAM would not have allowed. */
  readonly denials: readonly string[];
  /** What the functions have told X-Ray; undefined where they are not traced. */
  readonly traces: XRayDaemon | undefined;
  /** The variables of the function that runs this file of `functions/`. */
  environmentOf(entry: string): Readonly<Record<string, string>>;
  /** The name of that function, which is its access key as well. */
  nameOf(entry: string): string;
  /** Invokes the administration function, as an operator does. */
  administer(order: Order): Promise<Outcome>;
  /** Invokes what the schedules name, as a minute that has passed does. */
  minute(): Promise<void>;
  /** The same, of a day. */
  day(): Promise<void>;
  /** Ends every process and the engine at once, and starts the engine again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface DeploymentOptions {
  /** A clock that stands still until the test moves it, for the engine and for the functions' machines; by default it runs. */
  readonly clock?: EngineClock;
  /** Whether X-Ray records every invocation. */
  readonly traced?: boolean;
}

/** @returns undefined where no DynamoDB is to be had: skip what needs it. */
export async function deploy({
  clock,
  traced = false,
}: DeploymentOptions = {}): Promise<Deployment | undefined> {
  const database = await dynamodbEndpoint();
  if (database === undefined) return undefined;
  const folder = await sharedAssembly();
  const document = documentIn(folder);
  const closing: (() => Promise<void>)[] = [];
  const engineClock = clock ?? systemEngineClock();

  const kms = await openKms();
  closing.push(() => kms.close());
  let lambda: Lambda | undefined;
  const gateway = await startApiGateway(async (event) => lambda?.invoke(await apiFunction(), event));
  closing.push(() => gateway.close());
  const given = await giveNames(document, { kms, gateway });
  const template = templateOf(document, given);
  const apiFunction = async () => routedFunction(template);

  const client = new DynamoDBClient({
    ...testClient(database),
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const drop = await createTables(client, template.ofType('AWS::DynamoDB::Table'), (id) =>
    template.resolve({ Ref: id }),
  );
  closing.push(async () => {
    await drop();
    client.destroy();
  });

  const ses: Server = await startSes({ host: '127.0.0.1', port: 0 });
  closing.push(() => closed(ses));
  const [eventBridge, s3] = await Promise.all([startEventBridge(), startS3()]);
  closing.push(async () => {
    await Promise.all([eventBridge.close(), s3.close()]);
  });
  const functions = functionsOf(template, folder);
  const mails: Mail[] = [];
  const denials: string[] = [];
  const principals = new Map(functions.map(({ name }) => [name, principalOf(template, name)]));
  const ownDenials = resourceDenials(template);
  let stateMachine: StateMachine | undefined;
  const aws = await startAws({
    endpoints: {
      dynamodb: () => database,
      events: () => eventBridge.endpoint,
      kms: () => kms.endpoint,
      s3: () => s3.endpoint,
      ses: () => `http://127.0.0.1:${(ses.address() as AddressInfo).port}`,
      states: () => stateMachine?.endpoint ?? '',
    },
    denial(request) {
      const principal = principals.get(request.by);
      // Whoever has no role here is the test itself.
      if (principal === undefined) return undefined;
      const resources = { stateMachineArn: stateMachine?.arn ?? '', denials: ownDenials };
      const denied = denialOf(request, principal, resources);
      if (denied !== undefined) denials.push(denied);
      return denied;
    },
    instead: (request, headers) => withoutAlias(request, headers, stateMachine?.arn ?? ''),
    async accepted(request) {
      if (request.service === 'ses') mails.push(await mailIn(request));
    },
  });
  closing.push(() => aws.close());
  const traces = traced ? await startXRayDaemon() : undefined;
  closing.push(async () => traces?.close());
  lambda = await startLambda({
    functions,
    endpoint: aws.endpoint,
    time: clock && (() => clock.now()),
    tracedTo: traces?.address,
  });
  const started = lambda;
  closing.push(() => started.close());
  stateMachine = await openStateMachine({ template, lambda, clock: engineClock });
  const opened = stateMachine;
  closing.push(() => opened.close());

  await lambda.warm();

  const administration = template.output('AdministrationFunction');
  return {
    url: gateway.url,
    template,
    lambda,
    endpoint: aws.endpoint,
    clock: engineClock,
    mails,
    published: eventBridge.published,
    objects: s3.objects,
    denials,
    traces,
    environmentOf: (entry) => functionOf(functions, entry).environment,
    nameOf: (entry) => functionOf(functions, entry).name,
    administer: async (order) => (await started.invoke(administration, order)) as Outcome,
    minute: () => runSchedules(template, started, 'rate(1 minute)'),
    day: () => runSchedules(template, started, 'rate(1 day)'),
    async restart() {
      await Promise.all([started.kill(), opened.restart()]);
    },
    async close() {
      for (const close of closing.toReversed()) await close();
    },
  };
}

function documentIn(folder: string): TemplateDocument {
  const { artifacts } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    artifacts: Readonly<Record<string, { type: string; properties: { templateFile: string } }>>;
  };
  const [stack, ...more] = Object.values(artifacts).filter(({ type }) => type === 'aws:cloudformation:stack');
  if (stack === undefined || more.length > 0) throw new Error('the app has not one stack');
  return JSON.parse(readFileSync(join(folder, stack.properties.templateFile), 'utf8'));
}

/** What CloudFormation would have made up: names of tables, ids of keys, where the API is. */
async function giveNames(
  document: TemplateDocument,
  { kms, gateway }: { readonly kms: Awaited<ReturnType<typeof openKms>>; readonly gateway: ApiGateway },
): Promise<Given> {
  const unique = randomUUID().slice(0, 8);
  const refs: Record<string, string> = {};
  const attributes: Record<string, string> = {};
  for (const [id, { Type, Properties }] of Object.entries(document.Resources)) {
    if (Type === 'AWS::DynamoDB::Table') refs[id] = `${id}-${unique}`;
    if (Type === 'AWS::S3::Bucket') refs[id] = `${id.toLowerCase()}-${unique}`;
    if (Type === 'AWS::SES::EmailIdentity') refs[id] = String(Properties.EmailIdentity);
    if (Type === 'AWS::ApiGatewayV2::Api') attributes[`${id}.ApiEndpoint`] = gateway.url;
    if (Type === 'AWS::KMS::Key') attributes[`${id}.Arn`] = await kms.newKey(Properties);
  }
  return { refs, attributes };
}

function functionsOf(template: Template, folder: string): readonly LambdaFunction[] {
  const known = template
    .ofType('AWS::Lambda::Function')
    .filter(({ Properties }) => String(Properties.Runtime).startsWith('nodejs'));
  return known.map(({ id, Properties }) => {
    const { Code, Handler, Environment, MemorySize, Timeout } = Properties as {
      Code: { S3Key: string };
      Handler: string;
      Environment: { Variables: Readonly<Record<string, unknown>> };
      MemorySize: number;
      Timeout: number;
    };
    return {
      name: id,
      code: join(folder, `asset.${Code.S3Key.replace(/\.zip$/, '')}`),
      handler: Handler,
      environment: Object.fromEntries(
        Object.entries(Environment.Variables).map(([name, value]) => [name, template.resolve(value)]),
      ),
      memory: MemorySize,
      timeout: Timeout,
    };
  });
}

function functionOf(functions: readonly LambdaFunction[], entry: string): LambdaFunction {
  const found = functions.find(({ environment }) => environment.POWERTOOLS_SERVICE_NAME === entry);
  if (found === undefined) throw new Error(`there is no function of ${entry}`);
  return found;
}

/** The function that an alias leads to. */
export function aliased(template: Template, arn: string): string {
  const alias = template.ofType('AWS::Lambda::Alias').find(({ id }) => template.resolve({ Ref: id }) === arn);
  if (alias === undefined) throw new Error(`there is no alias ${arn}`);
  return template.resolve(alias.Properties.FunctionName);
}

/** The function behind the API's one route, which API Gateway must be permitted to invoke. */
function routedFunction(template: Template): string {
  const { RouteKey, Target } = template.one('AWS::ApiGatewayV2::Route').Properties;
  if (RouteKey !== '$default') throw new Error(`the route is ${String(RouteKey)}`);
  const { Properties } = template.byId(template.resolve(Target).replace('integrations/', ''));
  const uri = template.resolve(Properties.IntegrationUri);
  const permitted = template
    .ofType('AWS::Lambda::Permission')
    .some(
      (permission) =>
        permission.Properties.Principal === 'apigateway.amazonaws.com' &&
        template.resolve(permission.Properties.FunctionName) === uri,
    );
  if (!permitted) throw new Error(`API Gateway may not invoke ${uri}`);
  return aliased(template, uri);
}

async function runSchedules(template: Template, lambda: Lambda, each: string): Promise<void> {
  for (const { Properties } of template.ofType('AWS::Scheduler::Schedule')) {
    if (Properties.ScheduleExpression !== each) continue;
    const { Arn, RoleArn, Input } = Properties.Target as {
      Arn: unknown;
      RoleArn: { readonly 'Fn::GetAtt': readonly [string, string] };
      Input?: string;
    };
    const resource = template.resolve(Arn);
    const statements = statementsOf(template, RoleArn['Fn::GetAtt'][0]);
    if (!allowed(statements, { action: 'lambda:InvokeFunction', resource }))
      throw new Error(`the schedule may not invoke ${resource}`);
    await lambda.invoke(aliased(template, resource), JSON.parse(Input ?? '{}'));
  }
}

/** A function by its role. */
function principalOf(template: Template, name: string): Principal {
  const { 'Fn::GetAtt': role } = template.byId(name).Properties.Role as {
    readonly 'Fn::GetAtt': readonly [string, string];
  };
  return { roleArn: template.resolve({ 'Fn::GetAtt': role }), statements: statementsOf(template, role[0]) };
}

/** What the policies of tables and keys deny, by their ARNs. */
function resourceDenials(template: Template): ReadonlyMap<string, readonly Statement[]> {
  const guarded = ['AWS::DynamoDB::Table', 'AWS::KMS::Key'].flatMap((type) => template.ofType(type));
  return new Map(
    guarded.map(({ id, Type }) => [
      template.resolve({ 'Fn::GetAtt': [id, 'Arn'] }),
      resourceStatementsOf(template, Type, id).filter(({ effect }) => effect === 'Deny'),
    ]),
  );
}

async function mailIn({ body }: ServiceRequest): Promise<Mail> {
  const { Content, EmailTags } = body as {
    Content: { Raw: { Data: string } };
    EmailTags: readonly { readonly Name: string; readonly Value: string }[];
  };
  const sending = attemptIn(Object.fromEntries(EmailTags.map(({ Name, Value }) => [Name, [Value]])));
  if (sending === undefined) throw new Error('a mail has no tags that name it');
  const {
    messageId = '',
    to,
    subject = '',
    text = '',
    html,
  } = await simpleParser(Buffer.from(Content.Raw.Data, 'base64'));
  return {
    messageId,
    to: [to ?? []]
      .flat()
      .map((one) => one.text)
      .join(),
    subject,
    text,
    html: String(html),
    sending,
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
