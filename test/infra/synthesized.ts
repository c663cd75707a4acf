import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CountersignStack } from '../../lib/infra/countersign-stack.ts';
import { settingsOf } from '../../lib/infra/settings.ts';
import { carriedOut } from './intrinsics.ts';

export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: { readonly [name: string]: unknown };
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string | readonly string[];
}

export const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>>;
};

export const MAIL_FROM = 'keys@countersign.dev';

/** The stack as `cdk synth` makes it, without bundling the functions. */
export function synthesized(context: Readonly<Record<string, unknown>> = {}) {
  const app = new App({
    context: {
      ...cdkJson.context,
      mailFrom: MAIL_FROM,
      ...context,
      'aws:cdk:bundling-stacks': [],
      // A warning is looked at by a test, and printed by `cdk synth`.
      '@aws-cdk/core:annotationsInValidationReport': false,
    },
  });
  const settings = settingsOf(app.node);
  const stack = new CountersignStack(app, settings.stackName, { settings });
  const template = Template.fromStack(stack).toJSON() as {
    readonly Resources: Readonly<Record<string, Omit<Resource, 'id'>>>;
    readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  };
  const resources = Object.entries(template.Resources).map(
    ([id, resource]): Resource => ({ id, ...resource }),
  );
  const ofType = (type: string): readonly Resource[] =>
    resources.filter((resource) => resource.Type === type);
  return { stack, template, resources, ofType, resolve: resolver(resources) };
}

export type Synthesized = ReturnType<typeof synthesized>;

/** The one resource of this type, or the one whose id begins so. */
export function one({ ofType }: Synthesized, type: string, beginning = ''): Resource {
  const [found, ...more] = ofType(type).filter(({ id }) => id.startsWith(beginning));
  if (found === undefined || more.length > 0) throw new Error(`not one ${type} ${beginning}`);
  return found;
}

/** The functions by their file in `functions/`. */
export function functionsOf(stack: Synthesized) {
  return new Map(
    stack.ofType('AWS::Lambda::Function').map((resource) => {
      const { Environment, Role } = resource.Properties as {
        Environment: { Variables: Readonly<Record<string, unknown>> };
        Role: { 'Fn::GetAtt': readonly [string, string] };
      };
      const environment = Object.fromEntries(
        Object.entries(Environment.Variables).map(([name, value]) => [name, stack.resolve(value)]),
      );
      return [
        String(environment.POWERTOOLS_SERVICE_NAME),
        { resource, environment, role: Role['Fn::GetAtt'][0] },
      ];
    }),
  );
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '111122223333',
  'AWS::StackId': 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Countersign/uuid',
};

/** What CloudFormation would put in the place of an intrinsic function, with logical ids for generated names. */
function resolver(resources: readonly Resource[]) {
  const types = new Map(resources.map(({ id, Type }) => [id, Type]));
  const refOf = (id: string): string => {
    const type = types.get(id);
    if (type === 'AWS::StepFunctions::StateMachine') return arn('states', `stateMachine:${id}`);
    if (type === 'AWS::Lambda::Alias') return arn('lambda', `function:${id}:live`);
    return PSEUDO[id] ?? id;
  };
  const attributeOf = (id: string, attribute: string): string =>
    attribute === 'Arn' ? `arn of ${id}` : `${attribute} of ${id}`;
  return (value: unknown): string => {
    const text = carriedOut(value, { refOf, attributeOf });
    if (typeof text !== 'string') throw new Error(`cannot resolve ${JSON.stringify(value)}`);
    return text;
  };
}

const arn = (service: string, rest: string): string =>
  `arn:aws:${service}:${PSEUDO['AWS::Region']}:${PSEUDO['AWS::AccountId']}:${rest}`;
