import { describe, expect, test } from 'vitest';
import { one, type Resource, synthesized } from './synthesized.ts';

const stack = synthesized();

/** The ids of the roles that a part of the template names. */
const rolesIn = (part: unknown): readonly string[] =>
  stack.ofType('AWS::IAM::Role').flatMap(({ id }) => (JSON.stringify(part).includes(`"${id}"`) ? [id] : []));
const policyOf = (role: string): string => `${role.replace(/[0-9A-F]{8}$/, '')}DefaultPolicy`;
const waitsFor = ({ DependsOn = [] }: Resource, beginning: string): boolean =>
  [DependsOn].flat().some((id) => id.startsWith(beginning));

describe('what is made with a role waits for the role’s policy, of which CloudFormation knows nothing by itself', () => {
  test.each([
    // Lambda asks whether the role may put dead letters aside, and read the stream, when it makes these.
    ['AWS::Lambda::Function', ({ Properties }: Resource) => Properties.Role],
    // Step Functions asks whether it may deliver logs.
    ['AWS::StepFunctions::StateMachine', ({ Properties }: Resource) => Properties.RoleArn],
    // Scheduler may call at once.
    ['AWS::Scheduler::Schedule', ({ Properties }: Resource) => Properties.Target],
  ])('%s', (type, roleOf) => {
    const made = stack.ofType(type);
    expect(made.length).toBeGreaterThan(0);
    for (const resource of made) {
      const [role = ''] = rolesIn(roleOf(resource));
      expect(role, resource.id).not.toBe('');
      expect(waitsFor(resource, policyOf(role)), resource.id).toBe(true);
    }
  });
});

describe('a deployment that fails', () => {
  test('leaves nothing behind but what is protected from deletion, which could not be removed', () => {
    const kept = stack.resources.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    const isProtected = ({ id, Properties }: Resource) =>
      Properties.DeletionProtectionEnabled === true ||
      Properties.DeletionProtection === 'ACTIVE' ||
      JSON.stringify(Properties.KeyPolicy ?? '').includes('WhatIsArchivedStaysReadable') ||
      // It is no thing of its own: it goes with the state machine.
      id.startsWith('WorkflowVersion');
    expect(kept.filter((resource) => !isProtected(resource)).map(({ id }) => id)).toEqual([]);
    expect(kept.length).toBeGreaterThan(0);
  });
});

describe('a stack that is removed', () => {
  const KEPT = ['Retain', 'RetainExceptOnCreate'];

  test('leaves every key, table, bucket, log group and user pool, also where an update would replace one', () => {
    const types = ['KMS::Key', 'DynamoDB::Table', 'S3::Bucket', 'Logs::LogGroup', 'Cognito::UserPool'];
    const kept = types.flatMap((type) => stack.ofType(`AWS::${type}`));
    expect(kept.length).toBeGreaterThan(types.length);
    for (const { id, DeletionPolicy, UpdateReplacePolicy } of kept) {
      expect(KEPT, id).toContain(DeletionPolicy);
      expect(UpdateReplacePolicy, id).toBe('Retain');
    }
  });

  test('leaves the archive its guards', () => {
    expect(KEPT).toContain(one(stack, 'AWS::S3::BucketPolicy').DeletionPolicy);
  });
});

describe('where SES has the sender already, of which it keeps one of a name', () => {
  const second = synthesized({ stackName: 'Countersign-Two', mailIdentity: 'countersign.dev' });

  test('a stack makes no identity, and prints no records for it', () => {
    expect(second.ofType('AWS::SES::EmailIdentity')).toEqual([]);
    expect(Object.keys(second.template.Outputs).filter((name) => name.includes('Dkim'))).toEqual([]);
  });

  test('its mails go out by a configuration set of its own all the same', () => {
    expect(second.ofType('AWS::SES::ConfigurationSet')).toHaveLength(1);
  });

  test('whoever changes how it sends is told of', () => {
    const { EventPattern } = one(second, 'AWS::Events::Rule', 'TamperingMail').Properties;
    expect(JSON.stringify(EventPattern)).toContain('"emailIdentity":["countersign.dev"]');
  });
});
