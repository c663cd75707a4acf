import type { Resource, Synthesized } from './synthesized.ts';

/** How long the names are that CloudFormation makes up: it cuts those of these types, and of no other here. */
const LONGEST_NAME: Readonly<Record<string, number>> = {
  'AWS::IAM::Role': 64,
  'AWS::Lambda::Function': 64,
  'AWS::S3::Bucket': 63,
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
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Countersign/uuid`,
};

/** The ARN that a resource of this type has. */
export function physicalArn(type: string, name: string): string {
  switch (type) {
    case 'AWS::DynamoDB::Table':
      return `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
    case 'AWS::KMS::Key':
      return `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`;
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    case 'AWS::StepFunctions::StateMachine':
      return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
    default:
      throw new Error(`no ARN is known of ${type}`);
  }
}

/** Of these `Ref` is the ARN. */
const REFERRED_BY_ARN = ['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'];

/** A rule's pattern with the names that a deployment would put in. */
export function deployedPattern(stack: Synthesized, rule: Resource): object {
  const typeOf = (id: string) => stack.resources.find((one) => one.id === id)?.Type ?? '';
  const nameOf = (id: string) => physicalName(stack, { id, Type: typeOf(id) });
  const put = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== 'object' || value === null) return value;
    const [name, argument] = Object.entries(value)[0] ?? [];
    if (name === 'Ref') {
      const id = String(argument);
      if (PSEUDO[id] !== undefined) return PSEUDO[id];
      return REFERRED_BY_ARN.includes(typeOf(id)) ? physicalArn(typeOf(id), nameOf(id)) : nameOf(id);
    }
    if (name === 'Fn::GetAtt') {
      const [id = ''] = argument as readonly string[];
      return physicalArn(typeOf(id), nameOf(id));
    }
    if (name === 'Fn::Join') {
      const [separator, parts] = argument as readonly [string, readonly unknown[]];
      return parts.map(put).join(separator);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, put(inner)]));
  };
  return put(rule.Properties.EventPattern) as object;
}

/** Whether an event fits a pattern, by what of EventBridge's comparisons stands in those of this stack. */
export function fits(pattern: object, event: unknown): boolean {
  return Object.entries(pattern).every(([name, inner]) => {
    if (name === '$or') return (inner as readonly object[]).some((one) => fits(one, event));
    const value: unknown = Reflect.get(Object(event), name);
    if (!Array.isArray(inner)) return [value].flat().some((one) => fits(inner as object, one));
    return [value].flat().some((one) => inner.some((wanted) => equals(wanted, one)));
  });
}

function equals(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if (typeof value !== 'string') return false;
  const [comparison, operand = ''] = Object.entries(wanted)[0] ?? [];
  switch (comparison) {
    case 'prefix':
      return value.startsWith(operand);
    case 'suffix':
      return value.endsWith(operand);
    case 'anything-but':
      return value !== operand;
    default:
      throw new Error(`the matcher does not know ${String(comparison)}`);
  }
}
