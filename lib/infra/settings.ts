import type { Node } from 'constructs';
import { ADOPTED_TAG } from './adopted-tag.ts';
import { amount, ContextError, check, oneOf, text } from './context.ts';

/**
 * Not above INFO: the lines that metrics are written by have no level, and Lambda passes those over that have none from
 * WARN on (Lambda developer guide: log-level filtering).
 */
export type LogLevel = 'DEBUG' | 'INFO';

/** What an installation in AWS is told, from CDK's context: `cdk.json`, or `npx cdk deploy -c mailFrom=…`. */
export interface Settings {
  /** Two installations in one account and region differ in it. */
  readonly stackName: string;
  readonly mail: MailSettings;
  /** Where people reach it, when that is not API Gateway's own URL: `https://keys.example.com`. */
  readonly publicUrl: string | undefined;
  /** Who says who somebody is; without it a Cognito user pool is made. */
  readonly oidc: OidcSettings | undefined;
  /** Who is told of alarms by mail; the topic is there without it. */
  readonly alarmMail: string | undefined;
  /** Days that log groups keep their lines. */
  readonly retentionDays: number;
  readonly logLevel: LogLevel;
  /** How many instances each function keeps to itself, out of the account's. */
  readonly reservedConcurrency: number | undefined;
  readonly throttle: ThrottleSettings;
  /** Days back to which the table of key material can be restored: shredding is complete when they have passed. */
  readonly materialRecoveryDays: number;
  /** Name or ARN of the event bus that audit events are published to; without it the stack has one of its own. */
  readonly eventBus: string | undefined;
  /** Days that nobody can change or remove the archived histories of executions. */
  readonly exportRetentionDays: number;
  /** Days between two drills in every instance; undefined: somebody starts them. */
  readonly drillEveryDays: number | undefined;
  /** ARN of the one role that the explicit denials of tables and keys leave out, for the day when all else fails. */
  readonly breakGlassRole: string | undefined;
  /** Beside {@link OWN_TAG}. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface MailSettings {
  /** The sender of all mails. */
  readonly from: string;
  /** The domain to verify with SES; without it the sender's address alone is verified, by a mail to it. */
  readonly domain: string | undefined;
  /** An identity that SES has already, of which there can be one of a name: the stack makes none. */
  readonly identity: string | undefined;
}

export interface OidcSettings {
  /** As it stands in the tokens' `iss`, without a slash at the end. */
  readonly issuer: string;
  /** What Countersign is called there; without an audience, access tokens name it. */
  readonly clientId: string;
  /** What access tokens for the API have in their `aud`. */
  readonly audience: string | undefined;
  /** What people know the issuer by; its host where it is not given. */
  readonly label: string | undefined;
}

export interface ThrottleSettings {
  /** Requests a second. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

/** CloudFormation's own rule, short enough for every name that begins with it, without what S3 keeps to itself. */
const STACK_NAME = /^(?!xn--|sthree-|amzn-s3-demo-)[a-z][a-z0-9-]{0,59}$/i;
const DOMAIN = /^(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const ADDRESS = /^[A-Za-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const EVENT_BUS = /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[\w./-]{1,256}$/;
/** AWS's own rules for tags, without characters that need escaping. */
const TAG_NAME = /^(?!aws:)[\w .:/=+@-]{1,128}$/i;
const TAG_VALUE = /^[\w .:/=+@-]{1,256}$/;
/** Each stands in the template some 150 times, of which CloudFormation takes a megabyte. */
const MOST_TAGS = 20;
const MOST_IN_TAGS = 2_000;
/** The tag of everything that an installation has. */
export const OWN_TAG = 'application';

/** What CloudWatch Logs takes for a retention, in days (PutRetentionPolicy). */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Longer than the longest deletion: 8 rounds of 20 days and 2 between them, and then a year to ask about it. */
const DEFAULT_RETENTION = 400;
/** As long as a drill takes, and a year: who did not answer the last one may be long gone. */
const DRILL_DAYS = { least: 7, most: 366 };
/** Ten years: what is locked is paid for, and nobody can shorten it. */
const MOST_EXPORT_RETENTION = 3_653;
/** One mistake must not lose every key, and what was shredded is gone within the week. */
const DEFAULT_MATERIAL_RECOVERY = 7;
/** All that DynamoDB offers. */
const MOST_RECOVERY = 35;
/**
 * Requests a second, and at once. Each approval takes ten or so: far above any office, far below what one account's
 * Lambda concurrency (1,000) serves.
 */
const DEFAULT_THROTTLE: ThrottleSettings = { rate: 200, burst: 400 };
/** What API Gateway gives an account in a region by default (quotas of HTTP APIs). */
const MOST_THROTTLE: ThrottleSettings = { rate: 10_000, burst: 5_000 };

/**
 * The settings in the context of an app, each by its name in {@link Settings}, those of mail, throttle and OIDC by
 * `mailFrom`, `mailDomain`, `mailIdentity`, `throttleRate`, `throttleBurst`, `oidcIssuer`, `oidcClientId`, `oidcAudience`,
 * `oidcLabel`.
 *
 * @throws ContextError that names the setting, what it is and what it may be.
 */
export function settingsOf(node: Node): Settings {
  const stackName = text(node, 'stackName') ?? 'Countersign';
  const named = 'letters, digits and hyphens, at most 60, and no beginning that S3 keeps to itself';
  check('stackName', stackName, STACK_NAME.test(stackName), named);
  return {
    stackName,
    mail: mailOf(node),
    publicUrl: httpsUrl(node, 'publicUrl'),
    oidc: oidcOf(node),
    alarmMail: matching(node, 'alarmMail', ADDRESS, 'one plain address such as ops@example.com'),
    retentionDays: oneOf(node, 'retentionDays', RETENTIONS) ?? DEFAULT_RETENTION,
    logLevel: oneOf(node, 'logLevel', ['DEBUG', 'INFO'] as const) ?? 'INFO',
    // Sweeps overlap when there is much to do.
    reservedConcurrency: amount(node, 'reservedConcurrency', { least: 2, most: 1_000 }),
    throttle: {
      rate: amount(node, 'throttleRate', { least: 1, most: MOST_THROTTLE.rate }) ?? DEFAULT_THROTTLE.rate,
      burst: amount(node, 'throttleBurst', { least: 1, most: MOST_THROTTLE.burst }) ?? DEFAULT_THROTTLE.burst,
    },
    materialRecoveryDays:
      amount(node, 'materialRecoveryDays', { least: 1, most: MOST_RECOVERY }) ?? DEFAULT_MATERIAL_RECOVERY,
    exportRetentionDays:
      amount(node, 'exportRetentionDays', { least: 1, most: MOST_EXPORT_RETENTION }) ?? DEFAULT_RETENTION,
    drillEveryDays: amount(node, 'drillEveryDays', DRILL_DAYS),
    eventBus: matching(
      node,
      'eventBus',
      EVENT_BUS,
      'the name or the ARN of an event bus such as arn:aws:events:eu-central-1:111122223333:event-bus/security',
    ),
    breakGlassRole: matching(
      node,
      'breakGlassRole',
      ROLE_ARN,
      'the ARN of a role such as arn:aws:iam::111122223333:role/BreakGlass',
    ),
    tags: tagsOf(node),
  };
}

function mailOf(node: Node): MailSettings {
  const from = matching(node, 'mailFrom', ADDRESS, 'one plain address such as keys@example.com');
  if (from === undefined)
    throw new ContextError(
      'context "mailFrom" is missing: the sender of all mails, -c mailFrom=keys@example.com',
    );
  const sender = from.slice(from.indexOf('@') + 1);
  const covers = (domain: string) => sender === domain || sender.endsWith(`.${domain}`);
  const domain = matching(node, 'mailDomain', DOMAIN, 'a domain in lower case such as example.com');
  if (domain !== undefined)
    check('mailDomain', domain, covers(domain), `${sender}, the domain of mailFrom, or one above it`);
  const identity = text(node, 'mailIdentity');
  if (identity !== undefined) {
    const isOfSender = identity === from || (DOMAIN.test(identity) && covers(identity));
    check('mailIdentity', identity, isOfSender, `${from}, ${sender} or a domain above it`);
    check('mailIdentity', identity, domain === undefined, 'absent beside mailDomain, which makes one');
  }
  return { from, domain, identity };
}

function oidcOf(node: Node): OidcSettings | undefined {
  const issuer = httpsUrl(node, 'oidcIssuer');
  const clientId = text(node, 'oidcClientId');
  const audience = text(node, 'oidcAudience');
  const label = text(node, 'oidcLabel');
  if (issuer !== undefined && clientId !== undefined) return { issuer, clientId, audience, label };
  const alone = audience === undefined ? label && 'oidcLabel' : 'oidcAudience';
  if (issuer === undefined && clientId === undefined) {
    if (alone === undefined) return undefined;
    throw new ContextError(`context "oidcIssuer" is missing: "${alone}" needs it beside it`);
  }
  const [given, missing] =
    issuer === undefined ? ['oidcClientId', 'oidcIssuer'] : ['oidcIssuer', 'oidcClientId'];
  throw new ContextError(`context "${missing}" is missing: "${given}" needs it beside it`);
}

/** `-c tags=team=payments,cost=42`, or an object in `cdk.json`. */
function tagsOf(node: Node): Readonly<Record<string, string>> {
  const given: unknown = node.tryGetContext('tags') || {};
  const isRead = typeof given === 'string' || (typeof given === 'object' && !Array.isArray(given));
  const pairs = pairsOf(given);
  const areTags = pairs.every(([name, value]) => TAG_NAME.test(name) && TAG_VALUE.test(String(value)));
  const areTexts = pairs.every(([, value]) => typeof value === 'string');
  check('tags', given, isRead && areTags && areTexts, 'an object of texts, or name=value,name=value');
  const areFew = pairs.length <= MOST_TAGS && pairs.flat().join('').length <= MOST_IN_TAGS;
  check('tags', given, areFew, `at most ${MOST_TAGS}, of ${MOST_IN_TAGS} characters together`);
  const names = pairs.map(([name]) => name.toLowerCase());
  // IAM knows no case of a tag's name: with this one, the stack's own keys could be adopted and deleted.
  const isFree = !names.includes(ADOPTED_TAG);
  check('tags', given, isFree, `without ${ADOPTED_TAG}, which marks keys of AWS KMS that may be adopted`);
  // And it makes no role that has a name twice.
  const areApart = new Set([...names, OWN_TAG]).size === names.length + 1;
  check('tags', given, areApart, `names that differ in more than case, without ${OWN_TAG}, which is ours`);
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>;
}

const pairsOf = (given: unknown): readonly (readonly [string, unknown])[] =>
  typeof given === 'string'
    ? given.split(',').map((pair) => [pair.split('=', 1)[0] ?? '', pair.split('=').slice(1).join('=')])
    : Object.entries(Object(given));

function matching(node: Node, name: string, pattern: RegExp, allowed: string): string | undefined {
  const value = text(node, name);
  if (value !== undefined) check(name, value, pattern.test(value), allowed);
  return value;
}

/** Without a slash at the end. */
function httpsUrl(node: Node, name: string): string | undefined {
  const url = text(node, name);
  if (url === undefined) return undefined;
  check(name, url, isPlainHttps(url), 'a URL that begins with https:// and has no query');
  return url.replace(/\/+$/, '');
}

function isPlainHttps(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash, username } = new URL(url);
  return protocol === 'https:' && search === '' && hash === '' && username === '';
}
