import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { WireException } from './exceptions.ts';

/*
 * Signature Version 4 as a server sees it (AWS IAM user guide, "Create a signed AWS API request"): a request in its
 * Authorization header, for one region and service, with its whole body. Presigned URLs, session tokens and unsigned
 * payloads are refused.
 */

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';
const SKEW_MINUTES = 5;
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Headers that change what a request means, so that they must be signed where they are there. */
const TO_BE_SIGNED = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-content-sha256', 'x-amz-security-token'];

/** A `POST /` without a query. */
export interface SignedRequest {
  /** As Node's HTTP server gives them: names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface Verification {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly secretOf: (accessKeyId: string) => Promise<string | undefined>;
}

interface Authorization {
  readonly accessKeyId: string;
  readonly scope: readonly [date: string, region: string, service: string, terminator: string];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * Verifies that a request was signed, within five minutes of now, with the secret of a known access key.
 * @returns that secret.
 * @throws WireException that says what is wrong, as AWS does, and holds nothing of the secret.
 */
export async function verifySignature(request: SignedRequest, verification: Verification): Promise<string> {
  const { headers } = request;
  const authorization = parseAuthorization(headers.authorization);
  const timestamp = String(headers['x-amz-date'] ?? '');
  demandRecent(timestamp, verification.now);
  demandScope(authorization, timestamp, verification);
  demandSigned(authorization, headers);
  const secret = await verification.secretOf(authorization.accessKeyId);
  if (secret === undefined || headers['x-amz-security-token'] !== undefined) {
    throw refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const wanted = signatureOf(request, authorization, { timestamp, secret });
  const given = Buffer.from(authorization.signature);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return secret;
  throw refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access ' +
      'Key and signing method. Consult the service documentation for details.',
  );
}

function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) {
    throw refused('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const [algorithm, rest = ''] = header.split(/ (.*)/s);
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm' (only ${ALGORITHM} for now).`);
  const parameters = new Map(
    rest.split(',').map((pair) => {
      const [, name = '', value = ''] = /^\s*([A-Za-z]+)=(\S*)\s*$/.exec(pair) ?? [];
      return [name, value] as const;
    }),
  );
  const parameter = (name: string): string => {
    const value = parameters.get(name);
    if (value) return value;
    throw incomplete(`Authorization header requires '${name}' parameter.`);
  };
  const [accessKeyId = '', date = '', region = '', service = '', terminator = '', ...more] =
    parameter('Credential').split('/');
  if (terminator === '' || more.length > 0) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/term.',
    );
  }
  return {
    accessKeyId,
    scope: [date, region, service, terminator],
    signedHeaders: parameter('SignedHeaders').split(';'),
    signature: parameter('Signature'),
  };
}

function demandRecent(timestamp: string, now: number): void {
  if (timestamp === '') throw incomplete("Authorization header requires existence of a 'X-Amz-Date' header.");
  const [whole, year, month, day, hour, minute, second] = TIMESTAMP.exec(timestamp) ?? [];
  if (whole === undefined) throw incomplete("Date must be in ISO-8601 'basic format'.");
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const skew = SKEW_MINUTES * 60_000;
  const bound = (sign: '-' | '+', time: number) =>
    `${basic(time)} (${basic(now)} ${sign} ${SKEW_MINUTES} min.)`;
  if (!(at >= now - skew)) {
    const message = `Signature expired: ${timestamp} is now earlier than ${bound('-', now - skew)}`;
    throw refused('InvalidSignatureException', message);
  }
  if (at > now + skew) {
    const message = `Signature not yet current: ${timestamp} is still later than ${bound('+', now + skew)}`;
    throw refused('InvalidSignatureException', message);
  }
}

/** `20261124T224737Z` */
const basic = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

function demandScope({ scope }: Authorization, timestamp: string, wanted: Verification): void {
  const [date, region, service, terminator] = scope;
  const problems = [
    region === wanted.region ? [] : [`Credential should be scoped to a valid region: '${wanted.region}'.`],
    service === wanted.service
      ? []
      : [`Credential should be scoped to correct service: '${wanted.service}'.`],
    terminator === TERMINATOR
      ? []
      : [`Credential should be scoped with a valid terminator: '${TERMINATOR}'.`],
    timestamp.startsWith(`${date}T`) ? [] : ['Date in Credential scope does not match X-Amz-Date.'],
  ].flat();
  if (problems.length > 0) throw refused('InvalidSignatureException', problems.join(' '));
}

function demandSigned({ signedHeaders }: Authorization, headers: IncomingHttpHeaders): void {
  const missing = TO_BE_SIGNED.find((name) => headers[name] !== undefined && !signedHeaders.includes(name));
  if (missing !== undefined) {
    throw refused(
      'InvalidSignatureException',
      `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`,
    );
  }
}

function signatureOf(
  { headers, body }: SignedRequest,
  { signedHeaders, scope }: Authorization,
  { timestamp, secret }: { readonly timestamp: string; readonly secret: string },
): Buffer {
  const bodyHash = sha256(body);
  // Also refuses UNSIGNED-PAYLOAD and the streaming kinds.
  if ((headers['x-amz-content-sha256'] ?? bodyHash) !== bodyHash) {
    throw refused('InvalidSignatureException', "The body does not have the hash in 'X-Amz-Content-Sha256'.");
  }
  const lines = signedHeaders.map((name) => `${name}:${canonical(headers[name])}\n`).join('');
  const request = `POST\n/\n\n${lines}\n${signedHeaders.join(';')}\n${bodyHash}`;
  const toSign = [ALGORITHM, timestamp, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce((signingKey: string | Buffer, part) => hmac(signingKey, part), `AWS4${secret}`);
  return Buffer.from(hmac(key, toSign).toString('hex'));
}

const canonical = (value: string | readonly string[] | undefined): string =>
  [value ?? ''].flat().join(',').trim().replaceAll(/ +/g, ' ');

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const refused = (name: WireException['name'], message: string): WireException =>
  new WireException(name, message);
const incomplete = (message: string): WireException => refused('IncompleteSignatureException', message);
