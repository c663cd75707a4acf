import { carriedOut } from './intrinsics.ts';
import type { Resource, Synthesized } from './synthesized.ts';

/** How long the names are that CloudFormation makes up: it cuts those of these types, and of no other here. */
const LONGEST_NAME: Readonly<Record<string, number>> = {
  'AWS::IAM::Role': 64,
  'AWS::Lambda::Function': 64,
  'AWS::S3::Bucket': 63,
  'AWS::SQS::Queue': 80,
};
/** The characters of chance at the end of a name. */
const UNIQUE = '-1A2B3C4D5E6F7';

/** The name that CloudFormation makes up for a resource: the stack's, its own, and some of chance. */
export function physicalName({ stack }: Synthesized, { id, Type }: Pick<Resource, 'id' | 'Type'>): string {
  const longest = LONGEST_NAME[Type] ?? Number.POSITIVE_INFINITY;
  const room = Math.floor((longest - UNIQUE.length - 1) / 2);
  return `${stack.stackName.slice(0, room)}-${id.slice(0, room)}${UNIQUE}`;
}

const REGION = 'ap-southeast-1';
const ACCOUNT = '111122223333';
const STACK_UUID = '1e2f3a40-5b6c-11ef-8d7e-0a1b2c3d4e5f';

/** The ARN that a resource of this type has. */
export function physicalArn(type: string, name: string): string {
  const arn = ARNS[type];
  if (arn === undefined) throw new Error(`no ARN is known of ${type}`);
  return arn(name);
}

const inRegion = (service: string, resource: string) => (name: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}${name}`;

const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::DynamoDB::Table': inRegion('dynamodb', 'table/'),
  'AWS::Events::EventBus': inRegion('events', 'event-bus/'),
  'AWS::Events::Rule': inRegion('events', 'rule/'),
  'AWS::CloudWatch::Alarm': inRegion('cloudwatch', 'alarm:'),
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::KMS::Key': inRegion('kms', 'key/'),
  'AWS::Lambda::Alias': (name) => `${inRegion('lambda', 'function:')(name.slice(0, 64))}:live`,
  'AWS::Lambda::Function': inRegion('lambda', 'function:'),
  'AWS::Logs::LogGroup': (name) => `${inRegion('logs', 'log-group:')(name)}:*`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SNS::Topic': inRegion('sns', ''),
  'AWS::SQS::Queue': inRegion('sqs', ''),
  'AWS::StepFunctions::StateMachine': inRegion('states', 'stateMachine:'),
};

/** Of these `Ref` is the ARN. */
const REFERRED_BY_ARN = ['AWS::Lambda::Alias', 'AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'];

/** A part of a template as a deployment would read it, with names as long as the stack's name makes them. */
export function deployed(stack: Synthesized, part: unknown): unknown {
  const typeOf = (id: string) => stack.resources.find((one) => one.id === id)?.Type ?? '';
  const nameOf = (id: string) => physicalName(stack, { id, Type: typeOf(id) });
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': REGION,
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack.stack.stackName}/${STACK_UUID}`,
  };
  const refOf = (id: string): string =>
    pseudo[id] ?? (REFERRED_BY_ARN.includes(typeOf(id)) ? physicalArn(typeOf(id), nameOf(id)) : nameOf(id));
  const attributeOf = (id: string, attribute: string): string => {
    if (attribute === 'Arn') return physicalArn(typeOf(id), nameOf(id));
    if (attribute === 'StreamArn') return `${attributeOf(id, 'Arn')}/stream/2026-01-01T00:00:00.000`;
    if (attribute === 'ApiEndpoint') return `https://abcde12345.execute-api.${REGION}.amazonaws.com`;
    return nameOf(id);
  };
  return carriedOut(part, { refOf, attributeOf });
}
