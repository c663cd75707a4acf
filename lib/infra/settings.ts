import type { Node } from 'constructs';

/** What an installation in AWS is told, from CDK's context: `cdk.json`, or `npx cdk deploy -c mailFrom=…`. */
export interface Settings {
  /** Two installations in one account and region differ in it. */
  readonly stackName: string;
  readonly mail: MailSettings;
  /** Where people reach it, when that is not API Gateway's own URL: `https://keys.example.com`. */
  readonly publicUrl: string | undefined;
}

export interface MailSettings {
  /** The sender of all mails. */
  readonly from: string;
  /** The domain to verify with SES; without it the sender's address alone is verified, by a mail to it. */
  readonly domain: string | undefined;
}

const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,59}$/;
const DOMAIN = /^(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const ADDRESS = /^[A-Za-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/**
 * The settings in the context of an app: `stackName`, `mailFrom`, `mailDomain`, `publicUrl`.
 *
 * @throws Error that names the setting, what it is and what it may be.
 */
export function settingsOf(node: Node): Settings {
  const stackName = text(node, 'stackName') ?? 'Countersign';
  check('stackName', stackName, STACK_NAME.test(stackName), 'letters, digits and hyphens, at most 60');
  return { stackName, mail: mailOf(node), publicUrl: publicUrlOf(node) };
}

function mailOf(node: Node): MailSettings {
  const from = text(node, 'mailFrom');
  if (from === undefined)
    throw new Error('context "mailFrom" is missing: the sender of all mails, -c mailFrom=keys@example.com');
  check('mailFrom', from, ADDRESS.test(from), 'one plain address such as keys@example.com');
  const domain = text(node, 'mailDomain');
  if (domain === undefined) return { from, domain };
  check('mailDomain', domain, DOMAIN.test(domain), 'a domain in lower case such as example.com');
  const sender = from.slice(from.indexOf('@') + 1);
  const covers = sender === domain || sender.endsWith(`.${domain}`);
  check('mailDomain', domain, covers, `${sender}, the domain of mailFrom, or one above it`);
  return { from, domain };
}

function publicUrlOf(node: Node): string | undefined {
  const url = text(node, 'publicUrl');
  if (url === undefined) return undefined;
  check('publicUrl', url, isPlainHttps(url), 'a URL that begins with https:// and has no query');
  return url.replace(/\/+$/, '');
}

function text(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new Error(`context "${name}" must be a text, and is ${JSON.stringify(value)}`);
}

function check(name: string, value: string, valid: boolean, allowed: string): void {
  if (!valid) throw new Error(`context "${name}" is ${JSON.stringify(value)}, and must be ${allowed}`);
}

function isPlainHttps(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash, username } = new URL(url);
  return protocol === 'https:' && search === '' && hash === '' && username === '';
}
