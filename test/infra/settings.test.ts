import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { describe, expect, test, vi } from 'vitest';
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
    [
      { mailFrom: 'a@b.dev', mailIdentity: 'c.dev' },
      'context "mailIdentity" is "c.dev", and must be a@b.dev, b.dev or a domain above it',
    ],
    [{ mailFrom: 'a@b.dev', mailIdentity: 'dev' }, 'context "mailIdentity" is "dev", and must be a@b.dev'],
    [
      { mailFrom: 'a@b.dev', mailDomain: 'b.dev', mailIdentity: 'b.dev' },
      'context "mailIdentity" is "b.dev", and must be absent beside mailDomain',
    ],
    [
      { mailFrom: 'a@b.dev', stackName: 'xn--a' },
      'context "stackName" is "xn--a", and must be letters, digits',
    ],
    [{ mailFrom: 'a@b.dev', stackName: 'a b' }, 'context "stackName" is "a b", and must be letters, digits'],
    [
      { mailFrom: 'a@b.dev', alarmMail: 'ops' },
      'context "alarmMail" is "ops", and must be one plain address',
    ],
    [
      { mailFrom: 'a@b.dev', retentionDays: 100 },
      'context "retentionDays" is 100, and must be one of 1, 3, 5',
    ],
    [
      { mailFrom: 'a@b.dev', logLevel: 'WARN' },
      'context "logLevel" is "WARN", and must be one of DEBUG, INFO',
    ],
    [
      { mailFrom: 'a@b.dev', reservedConcurrency: '1' },
      'context "reservedConcurrency" is "1", and must be a whole number from 2 to 1000',
    ],
    [
      { mailFrom: 'a@b.dev', throttleRate: 'fast' },
      'context "throttleRate" is "fast", and must be a whole number from 1 to 10000',
    ],
    [
      { mailFrom: 'a@b.dev', materialRecoveryDays: 36 },
      'context "materialRecoveryDays" is 36, and must be a whole number from 1 to 35',
    ],
    [
      { mailFrom: 'a@b.dev', exportRetentionDays: 0 },
      'context "exportRetentionDays" is 0, and must be a whole number from 1 to 3653',
    ],
    [
      { mailFrom: 'a@b.dev', drillEveryDays: 6 },
      'context "drillEveryDays" is 6, and must be a whole number from 7 to 366',
    ],
    [
      { mailFrom: 'a@b.dev', eventBus: 'arn:aws:sns:eu-central-1:111122223333:topic' },
      'context "eventBus" is "arn:aws:sns:eu-central-1:111122223333:topic", and must be the name or the ARN',
    ],
    [
      { mailFrom: 'a@b.dev', oidcIssuer: 'https://a.dev' },
      'context "oidcClientId" is missing: "oidcIssuer" needs',
    ],
    [{ mailFrom: 'a@b.dev', oidcClientId: 'a' }, 'context "oidcIssuer" is missing: "oidcClientId" needs'],
    [{ mailFrom: 'a@b.dev', oidcLabel: 'a' }, 'context "oidcIssuer" is missing: "oidcLabel" needs'],
    [{ mailFrom: 'a@b.dev', oidcIssuer: 'a' }, 'context "oidcIssuer" is "a", and must be a URL'],
    [
      { mailFrom: 'a@b.dev', breakGlassRole: 'me' },
      'context "breakGlassRole" is "me", and must be the ARN of a role',
    ],
    [
      { mailFrom: 'a@b.dev', tags: 'team' },
      'context "tags" is "team", and must be an object of texts, or name=value',
    ],
    [
      { mailFrom: 'a@b.dev', tags: { 'aws:x': 'a' } },
      'context "tags" is {"aws:x":"a"}, and must be an object',
    ],
    [
      { mailFrom: 'a@b.dev', tags: ['team=a'] },
      'context "tags" is ["team=a"], and must be an object of texts',
    ],
    [{ mailFrom: 'a@b.dev', tags: 7 }, 'context "tags" is 7, and must be an object of texts'],
    [{ mailFrom: 'a@b.dev', tags: { cost: 42 } }, 'context "tags" is {"cost":42}, and must be an object'],
    [{ mailFrom: 'a@b.dev', tags: `team=${'a'.repeat(257)}` }, 'and must be an object of texts'],
    [
      {
        mailFrom: 'a@b.dev',
        tags: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`t${at}`, 'a'])),
      },
      'and must be at most 20, of 2000 characters together',
    ],
    [
      { mailFrom: 'a@b.dev', tags: 'team=a,Team=b' },
      'context "tags" is "team=a,Team=b", and must be names that differ in more than case',
    ],
    [
      { mailFrom: 'a@b.dev', tags: 'Application=shop' },
      'context "tags" is "Application=shop", and must be names that differ in more than case, without application',
    ],
    [
      { mailFrom: 'a@b.dev', tags: 'team=a,Countersign=Countersign' },
      'context "tags" is "team=a,Countersign=Countersign", and must be without countersign, which marks keys',
    ],
  ])('%j', (context, message) => {
    expect(() => settings(context)).toThrow(message);
  });
});

test('only the sender has to be named', () => {
  expect(settings({ mailFrom: MAIL_FROM })).toEqual({
    stackName: 'Countersign',
    mail: { from: MAIL_FROM, domain: undefined, identity: undefined },
    publicUrl: undefined,
    oidc: undefined,
    alarmMail: undefined,
    retentionDays: 400,
    logLevel: 'INFO',
    reservedConcurrency: undefined,
    throttle: { rate: 200, burst: 400 },
    materialRecoveryDays: 7,
    exportRetentionDays: 400,
    drillEveryDays: undefined,
    eventBus: undefined,
    breakGlassRole: undefined,
    tags: {},
  });
});

test('docs/aws.md has each setting that is asked for', () => {
  const { node } = new App({ context: { mailFrom: MAIL_FROM } });
  const asked = vi.spyOn(node, 'tryGetContext');
  settingsOf(node);
  const page = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8');
  const names = asked.mock.calls.map(([name]) => name);
  expect(names).toContain('mailIdentity');
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

const stack = synthesized();
const ofDomain = synthesized({ mailDomain: 'countersign.dev' });

test('the sender’s address is verified with SES, or the domain that it is in', () => {
  const identity = (of: typeof stack) => one(of, 'AWS::SES::EmailIdentity').Properties.EmailIdentity;
  expect(identity(stack)).toBe(MAIL_FROM);
  expect(identity(ofDomain)).toBe('countersign.dev');
});

test('a verified domain’s three DNS records are printed', () => {
  const { Outputs } = ofDomain.template;
  expect(Object.keys(Outputs).filter((name) => name.includes('DkimRecord'))).toHaveLength(3);
});

test('mails, and with them links, are handed over encrypted or not at all', () => {
  expect(one(stack, 'AWS::SES::ConfigurationSet').Properties.DeliveryOptions).toMatchObject({
    TlsPolicy: 'REQUIRE',
  });
});

test('a sender that cannot receive an answer is warned about', () => {
  const warned = Match.stringLikeRegexp('no mail can be sent from');
  const place = '/Countersign/Mail';
  Annotations.fromStack(synthesized({ mailFrom: 'keys@example.com' }).stack).hasWarning(place, warned);
  Annotations.fromStack(stack.stack).hasNoWarning(place, warned);
});

test('every behaviour that CDK recommends to new projects is switched on', () => {
  expect(cdkJson.context).toMatchObject(flags);
});

test('a setting that cannot be used ends the app with one line', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/cdk.ts'], {
    cwd: new URL('../../', import.meta.url),
    env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ mailFrom: MAIL_FROM, logLevel: 'WARN' }) },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'context "logLevel" is "WARN", and must be one of DEBUG, INFO\n',
  });
});
