import { ACCOUNT, REGION } from './cloud.ts';

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: { readonly [name: string]: unknown };
}

export interface TemplateDocument {
  readonly Resources: { readonly [id: string]: Omit<Resource, 'id'> };
  readonly Outputs: { readonly [id: string]: { readonly Value: unknown } };
}

/** What only a deployment decides: the names and addresses that resources are given. */
export interface Given {
  /** What `Ref` answers for these resources, by their id. */
  readonly refs: Readonly<Record<string, string>>;
  /** What `Fn::GetAtt` answers, by `id.attribute`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A template as it would be after its deployment. */
export interface Template {
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
  /** @throws Error unless there is one such resource. */
  one(type: string): Resource;
  byId(id: string): Resource;
  /** The text that CloudFormation puts in the place of a value. */
  resolve(value: unknown): string;
  output(name: string): string;
}

export function templateOf(document: TemplateDocument, given: Given): Template {
  const resources = Object.entries(document.Resources).map(([id, resource]) => ({ id, ...resource }));
  const resolve = resolver(resources, given);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  return {
    resources,
    ofType,
    one(type) {
      const [found, ...more] = ofType(type);
      if (found === undefined || more.length > 0) throw new Error(`not one ${type}`);
      return found;
    },
    byId: (id) => found(resources, id),
    resolve,
    output: (name) => resolve(document.Outputs[name]?.Value),
  };
}

/** An ARN of this deployment's account and region. */
export const arn = (service: string, rest: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Countersign',
  'AWS::StackId': arn('cloudformation', 'stack/Countersign/uuid'),
};

/** How the ARNs of a type begin, after the account; only of those that a function is told or a policy names. */
const ARNS: Readonly<Record<string, readonly [service: string, beginning: string]>> = {
  'AWS::IAM::Role': ['iam', 'role/'],
  'AWS::Events::EventBus': ['events', 'event-bus/'],
  'AWS::DynamoDB::Table': ['dynamodb', 'table/'],
  'AWS::Lambda::Function': ['lambda', 'function:'],
  'AWS::StepFunctions::StateMachine': ['states', 'stateMachine:'],
};

function found(resources: readonly Resource[], id: string): Resource {
  const resource = resources.find((one) => one.id === id);
  if (resource === undefined) throw new Error(`there is no resource ${id}`);
  return resource;
}

function resolver(resources: readonly Resource[], { refs, attributes }: Given): Template['resolve'] {
  const refOf = (id: string): string => {
    const known = refs[id] ?? PSEUDO[id];
    if (known !== undefined) return known;
    const { Type, Properties } = found(resources, id);
    if (Type === 'AWS::StepFunctions::StateMachine') return arnOf(id, Type);
    if (Type === 'AWS::Lambda::Alias')
      return `${arn('lambda', `function:${resolve(Properties.FunctionName)}`)}:${resolve(Properties.Name)}`;
    return id;
  };
  const arnOf = (id: string, type: string): string => {
    if (type === 'AWS::S3::Bucket') return `arn:aws:s3:::${refOf(id)}`;
    const [service, beginning] = ARNS[type] ?? ['none', `${type}/`];
    return arn(service, `${beginning}${type === 'AWS::StepFunctions::StateMachine' ? id : refOf(id)}`);
  };
  const attributeOf = (id: string, attribute: string): string => {
    const known = attributes[`${id}.${attribute}`];
    if (known !== undefined) return known;
    return attribute === 'Arn' ? arnOf(id, found(resources, id).Type) : `${attribute} of ${id}`;
  };
  const substitute = (text: string, values: Readonly<Record<string, unknown>>): string =>
    text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      if (Object.hasOwn(values, name)) return resolve(values[name]);
      const [id = '', ...attribute] = name.split('.');
      return attribute.length === 0 ? refOf(id) : attributeOf(id, attribute.join('.'));
    });
  const resolve = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value);
    const [name, argument] = Object.entries(value)[0] ?? [];
    switch (name) {
      case 'Ref':
        return refOf(String(argument));
      case 'Fn::GetAtt': {
        const [id = '', attribute = ''] = argument as readonly string[];
        return attributeOf(id, attribute);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as readonly [string, readonly unknown[]];
        return parts.map(resolve).join(separator);
      }
      case 'Fn::Select': {
        const [index, split] = argument as readonly [number, { 'Fn::Split': readonly [string, unknown] }];
        const [separator, text] = split['Fn::Split'];
        return resolve(text).split(separator)[index] ?? '';
      }
      case 'Fn::Sub': {
        const [text, values] = typeof argument === 'string' ? [argument, {}] : (argument as [string, object]);
        return substitute(text, { ...values });
      }
      default:
        throw new Error(`cannot resolve ${JSON.stringify(value)}`);
    }
  };
  return resolve;
}
