import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { settingsOf } from '../../lib/infra/settings.ts';
import { cdkJson, MAIL_FROM, one, synthesized } from './synthesized.ts';

const settings = (context: Readonly<Record<string, unknown>>) => settingsOf(new App({ context }).node);

describe('a setting that cannot be used is named, with what it is and what it may be', () => {
  test.each([
    [{}, 'context "mailFrom" is missing'],
    [
      { mailFrom: 'Keys <keys@example.com>' },
      'context "mailFrom" is "Keys <keys@example.com>", and must be one plain',
    ],
    [{ mailFrom: 7 }, 'context "mailFrom" must be a text, and is 7'],
    [
      { mailFrom: 'a@b.dev', mailDomain: 'B.dev' },
      'context "mailDomain" is "B.dev", and must be a domain in lower',
    ],
    [{ mailFrom: 'a@b.dev', mailDomain: 'c.dev' }, 'context "mailDomain" is "c.dev", and must be b.dev'],
    [{ mailFrom: 'a@xb.dev', mailDomain: 'b.dev' }, 'context "mailDomain" is "b.dev", and must be xb.dev'],
    [
      { mailFrom: 'a@b.dev', publicUrl: 'http://b.dev' },
      'context "publicUrl" is "http://b.dev", and must be a URL',
    ],
    [
      { mailFrom: 'a@b.dev', publicUrl: 'https://b.dev/?a' },
      'context "publicUrl" is "https://b.dev/?a", and must',
    ],
    [{ mailFrom: 'a@b.dev', stackName: 'a b' }, 'context "stackName" is "a b", and must be letters, digits'],
  ])('%j', (context, message) => {
    expect(() => settings(context)).toThrow(message);
  });
});

test('only the sender has to be named', () => {
  expect(settings({ mailFrom: MAIL_FROM })).toEqual({
    stackName: 'Countersign',
    mail: { from: MAIL_FROM, domain: undefined },
    publicUrl: undefined,
  });
});

test('the sender’s address is verified with SES, or the domain that it is in', () => {
  const identity = (context: Readonly<Record<string, unknown>>) =>
    one(synthesized(context), 'AWS::SES::EmailIdentity').Properties.EmailIdentity;
  expect(identity({})).toBe(MAIL_FROM);
  expect(identity({ mailDomain: 'countersign.dev' })).toBe('countersign.dev');
});

test('a verified domain’s three DNS records are printed', () => {
  const { Outputs } = synthesized({ mailDomain: 'countersign.dev' }).template;
  expect(Object.keys(Outputs).filter((name) => name.includes('DkimRecord'))).toHaveLength(3);
});

test('mails, and with them links, are handed over encrypted or not at all', () => {
  expect(one(synthesized(), 'AWS::SES::ConfigurationSet').Properties.DeliveryOptions).toMatchObject({
    TlsPolicy: 'REQUIRE',
  });
});

test('a sender that cannot receive an answer is warned about', () => {
  const warned = Match.stringLikeRegexp('no mail can be sent from');
  const place = '/Countersign/Mail';
  Annotations.fromStack(synthesized({ mailFrom: 'keys@example.com' }).stack).hasWarning(place, warned);
  Annotations.fromStack(synthesized().stack).hasNoWarning(place, warned);
});

test('every behaviour that CDK recommends to new projects is switched on', () => {
  expect(cdkJson.context).toMatchObject(flags);
});

test('everything carries the application’s tag', () => {
  for (const { Properties } of synthesized().ofType('AWS::DynamoDB::Table'))
    expect(Properties.Tags).toContainEqual({ Key: 'application', Value: 'countersign' });
});
