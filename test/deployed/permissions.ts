import { TABLE_KEY } from '../../lib/adapters/dynamodb/schema.ts';
import { allowed, type Request, type Statement } from '../infra/policies.ts';
import type { ServiceRequest } from './aws.ts';
import { ACCOUNT } from './cloud.ts';
import { arn } from './template.ts';

/** What IAM asks the policies of a caller for one request: every one of these must be allowed. */
function permissionsFor(request: ServiceRequest, stateMachineArn: string): readonly Request[] {
  switch (request.service) {
    case 'dynamodb':
      return dynamodb(request);
    case 'kms':
      return [kms(request)];
    case 'states':
      return [states(request, stateMachineArn)];
    case 'ses':
      return ses(request);
    case 'events':
      return events(request);
    case 's3':
      return [s3(request)];
    default:
      throw new Error(`no rule says what ${request.service} asks for`);
  }
}

/** Whoever asks: a function, by its role. */
export interface Principal {
  readonly roleArn: string;
  /** Of the role's own policies. */
  readonly statements: readonly Statement[];
}

/** What policies are there beside the callers' own. */
export interface Resources {
  readonly stateMachineArn: string;
  /** The denials in the policies of tables and keys, by their ARNs: no other policy outweighs them. */
  readonly denials: ReadonlyMap<string, readonly Statement[]>;
}

/** Why IAM would not allow it; undefined when it would. */
export function denialOf(
  request: ServiceRequest,
  { roleArn, statements }: Principal,
  { stateMachineArn, denials }: Resources,
): string | undefined {
  const account = { 'aws:PrincipalArn': roleArn, 'aws:PrincipalAccount': `arn:aws:iam::${ACCOUNT}:root` };
  const missing = permissionsFor(request, stateMachineArn).find((permission) => {
    const { resource, context } = permission;
    const own = denials.get(resource.replace(/\/index\/.*/, '')) ?? [];
    return !allowed([...statements, ...own], { ...permission, context: { ...context, ...account } });
  });
  if (missing === undefined) return undefined;
  const { action, resource, context = {} } = missing;
  return `User: ${request.by} is not authorized to perform: ${action} on resource: ${resource} ${JSON.stringify(context)}`;
}

interface ItemCall {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Item?: Attributes;
  readonly Key?: Attributes;
}
type Attributes = Readonly<Record<string, { readonly S?: string }>>;

/** The parts of a transaction, and the action that each needs. */
const PARTS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

function dynamodb({ operation, body }: ServiceRequest): readonly Request[] {
  const parts = body.TransactItems as readonly Readonly<Record<string, ItemCall>>[] | undefined;
  if (parts === undefined) return [itemRequest(operation, body as unknown as ItemCall)];
  return parts.flatMap((part) =>
    Object.entries(part).map(([name, call]) => itemRequest(PARTS[name] ?? name, call)),
  );
}

function itemRequest(operation: string, { TableName, IndexName, Item, Key }: ItemCall): Request {
  const partition = (Item ?? Key)?.[TABLE_KEY.partitionKey]?.S;
  const table = arn('dynamodb', `table/${TableName}`);
  return {
    action: `dynamodb:${operation}`,
    resource: IndexName === undefined ? table : `${table}/index/${IndexName}`,
    ...(partition !== undefined && { context: { 'dynamodb:LeadingKeys': partition } }),
  };
}

function kms({ operation, body }: ServiceRequest): Request {
  const {
    KeyId,
    EncryptionContext = {},
    SigningAlgorithm,
  } = body as {
    KeyId: string;
    EncryptionContext?: Readonly<Record<string, string>>;
    SigningAlgorithm?: string;
  };
  const contexts = Object.entries(EncryptionContext).map(([name, value]) => [
    `kms:EncryptionContext:${name}`,
    value,
  ]);
  return {
    action: `kms:${operation}`,
    resource: KeyId,
    context: {
      ...Object.fromEntries(contexts),
      ...(SigningAlgorithm !== undefined && { 'kms:SigningAlgorithm': SigningAlgorithm }),
    },
  };
}

/** A state machine's own ARN, and the version or alias that a call names it by. */
const QUALIFIED = /^(?<own>arn:[^:]+:states:[^:]+:\d+:stateMachine:[^:]+):(?<qualifier>[^:]+)$/;

/**
 * A task token names its execution, and so its state machine; here there is one. A version or an alias is a condition's
 * key, and the resource is the state machine itself.
 */
function states({ operation, body }: ServiceRequest, stateMachineArn: string): Request {
  const asked = body as { executionArn?: string; stateMachineArn?: string };
  const resource = asked.executionArn ?? asked.stateMachineArn ?? stateMachineArn;
  const { own = resource, qualifier } = QUALIFIED.exec(resource)?.groups ?? {};
  return {
    action: `states:${operation}`,
    resource: own,
    ...(qualifier !== undefined && { context: { 'states:StateMachineQualifier': qualifier } }),
  };
}

/** One for each entry; the bus is named by its ARN. */
function events({ operation, body }: ServiceRequest): readonly Request[] {
  const { Entries } = body as { Entries: readonly { EventBusName: string; Source: string }[] };
  return Entries.map(({ EventBusName, Source }) => ({
    action: `events:${operation}`,
    resource: EventBusName,
    context: { 'events:source': Source },
  }));
}

/** The path is `/bucket/key`; a list is asked of the bucket. */
function s3({ method, path }: ServiceRequest): Request {
  const [place = '', query = ''] = path.split('?');
  const resource = `arn:aws:s3:::${decodeURIComponent(place).replace(/^\/|\/$/g, '')}`;
  if (method === 'GET' && query.includes('list-type=2')) return { action: 's3:ListBucket', resource };
  return { action: method === 'PUT' ? 's3:PutObject' : `s3:${method}`, resource };
}

/** A raw message needs both rights, each on the configuration set and, as in the sandbox, on everybody's identity. */
function ses({ method, path, body }: ServiceRequest): readonly Request[] {
  if (`${method} ${path}` !== 'POST /v2/email/outbound-emails') {
    return [{ action: `ses:${method} ${path}`, resource: '*' }];
  }
  const {
    FromEmailAddress = '',
    Destination,
    ConfigurationSetName,
  } = body as {
    FromEmailAddress?: string;
    Destination?: { ToAddresses?: readonly string[] };
    ConfigurationSetName?: string;
  };
  const addresses = [FromEmailAddress, ...(Destination?.ToAddresses ?? [])];
  const resources = [
    ...addresses.map((address) => arn('ses', `identity/${address}`)),
    ...(ConfigurationSetName === undefined ? [] : [arn('ses', `configuration-set/${ConfigurationSetName}`)]),
  ];
  const context = { 'ses:FromAddress': FromEmailAddress };
  return ['ses:SendEmail', 'ses:SendRawEmail'].flatMap((action) =>
    resources.map((resource) => ({ action, resource, context })),
  );
}
