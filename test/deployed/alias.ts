import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceRequest } from './aws.ts';
import { REGION } from './cloud.ts';
import { secretOf } from './lambda.ts';

/**
 * A request to Step Functions that names a version or an alias of the state machine, as AWS takes it on: about the
 * state machine itself. The engine has one version, and none of its names. Signed again, since the body is another.
 */
export function withoutAlias(
  request: ServiceRequest,
  headers: IncomingHttpHeaders,
  stateMachineArn: string,
): { readonly headers: IncomingHttpHeaders; readonly body: Buffer } | undefined {
  const asked = request.body.stateMachineArn;
  if (typeof asked !== 'string' || !asked.startsWith(`${stateMachineArn}:`)) return undefined;
  const body = Buffer.from(JSON.stringify({ ...request.body, stateMachineArn }));
  return { headers: signed(headers, body, request.by), body };
}

/** Signature Version 4 of a `POST /`. */
function signed(headers: IncomingHttpHeaders, body: Buffer, accessKeyId: string): IncomingHttpHeaders {
  const { 'x-amz-content-sha256': _, authorization: __, ...rest } = headers;
  const at = String(headers['x-amz-date']);
  const scope = [at.slice(0, 8), REGION, 'states', 'aws4_request'];
  const names = Object.keys(rest)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
    .sort();
  const lines = names.map((name) => `${name}:${String(rest[name]).trim()}\n`).join('');
  const request = ['POST', '/', '', lines, names.join(';'), sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', at, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce((made: string | Buffer, part) => hmac(made, part), `AWS4${secretOf(accessKeyId)}`);
  const credential = [accessKeyId, ...scope].join('/');
  return {
    ...rest,
    'content-length': String(body.length),
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, toSign).toString('hex')}`,
  };
}

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
