import { ListStateMachinesCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { serveStepFunctions } from '../../../lib/engine/wire/listener.ts';
import { SLEEPING } from '../support/machines.ts';
import { ACCESS_KEY, secretOf, type WireFixture, wireFixture } from './fixture.ts';
import { replaceBody, type Sent, tamper } from './tampering.ts';

const opened = (): Promise<WireFixture> => wireFixture({ definition: SLEEPING });

const ask = (client: SFNClient) => client.send(new ListStateMachinesCommand({}));
const refusal = (name: string, message: RegExp | string) => ({
  name,
  message: expect.stringMatching(message),
  $metadata: { httpStatusCode: 400 },
});
const header = (name: string, change: (value: string) => string) => (sent: Sent) => {
  const value = change(sent.headers[name] ?? '');
  if (value === '') delete sent.headers[name];
  else sent.headers[name] = value;
};

describe('a request is refused', () => {
  test.for<readonly [string, 'before' | 'after', (sent: Sent) => void, string, RegExp]>([
    [
      'whose body was changed after it was signed',
      'after',
      replaceBody('{"maxResults":1}'),
      'InvalidSignatureException',
      /body does not have the hash/,
    ],
    [
      'whose body and its hash were changed after it was signed',
      'after',
      (sent) => {
        replaceBody('{"maxResults":1}')(sent);
        delete sent.headers['x-amz-content-sha256'];
      },
      'InvalidSignatureException',
      /does not match the signature you provided/,
    ],
    [
      'whose operation was changed after it was signed',
      'after',
      header('x-amz-target', () => 'AWSStepFunctions.StopExecution'),
      'InvalidSignatureException',
      /does not match the signature you provided/,
    ],
    [
      'whose operation is not signed',
      'after',
      header('authorization', (value) => value.replace(';x-amz-target', '')),
      'InvalidSignatureException',
      /'x-amz-target' must be a 'SignedHeader'/,
    ],
    [
      'whose host is not signed',
      'after',
      header('authorization', (value) => value.replace('host;', '')),
      'InvalidSignatureException',
      /'host' must be a 'SignedHeader'/,
    ],
    [
      'whose signature has another length',
      'after',
      header('authorization', (value) => value.slice(0, -1)),
      'InvalidSignatureException',
      /does not match/,
    ],
    [
      'with an unsigned payload',
      'before',
      header('x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
      'InvalidSignatureException',
      /body does not have the hash/,
    ],
    [
      'without an Authorization header',
      'after',
      header('authorization', () => ''),
      'MissingAuthenticationTokenException',
      /missing Authentication Token/,
    ],
    [
      'with another kind of authorization',
      'after',
      header('authorization', () => 'Basic YTpi'),
      'IncompleteSignatureException',
      /Unsupported AWS 'algorithm'/,
    ],
    [
      'without a signature',
      'after',
      header('authorization', (value) => value.replace(/, Signature=.*/, '')),
      'IncompleteSignatureException',
      /requires 'Signature' parameter/,
    ],
    [
      'without a credential',
      'after',
      header('authorization', (value) => value.replace(/Credential=[^,]*, /, '')),
      'IncompleteSignatureException',
      /requires 'Credential' parameter/,
    ],
    [
      'with half a credential',
      'after',
      header('authorization', (value) => value.replace('/local/states', '')),
      'IncompleteSignatureException',
      /exactly 5 slash-delimited elements/,
    ],
    [
      'for another service',
      'after',
      header('authorization', (value) => value.replace('/states/', '/s3/')),
      'InvalidSignatureException',
      /scoped to correct service: 'states'/,
    ],
    [
      'with another terminator',
      'after',
      header('authorization', (value) => value.replace('/aws4_request', '/aws5_request')),
      'InvalidSignatureException',
      /valid terminator: 'aws4_request'/,
    ],
    [
      'whose scope is of another day',
      'after',
      header('authorization', (value) => value.replace(/\/20260101\//, '/20260102/')),
      'InvalidSignatureException',
      /Date in Credential scope does not match/,
    ],
    [
      'without a date',
      'after',
      header('x-amz-date', () => ''),
      'IncompleteSignatureException',
      /requires existence of a 'X-Amz-Date' header/,
    ],
    [
      'with a date of another form',
      'after',
      header('x-amz-date', () => '2026-01-01T00:00:00Z'),
      'IncompleteSignatureException',
      /ISO-8601 'basic format'/,
    ],
    [
      'with a session token, which nobody issues here',
      'before',
      header('x-amz-security-token', () => 'token'),
      'UnrecognizedClientException',
      /security token included in the request is invalid/,
    ],
  ])('%s', async ([, when, change, name, message]) => {
    const { client } = await opened();
    await expect(ask(tamper(client, when, change))).rejects.toMatchObject(refusal(name, message));
  });

  test('of an access key with another secret', async () => {
    const { clientWith } = await opened();
    const client = clientWith({ credentials: { ...ACCESS_KEY, secretAccessKey: 'another' } });
    await expect(ask(client)).rejects.toMatchObject(
      refusal('InvalidSignatureException', /Check your AWS Secret Access Key/),
    );
  });

  test('of an access key that is not known', async () => {
    const { clientWith } = await opened();
    const client = clientWith({ credentials: { ...ACCESS_KEY, accessKeyId: 'CSAKOTHER' } });
    await expect(ask(client)).rejects.toMatchObject(
      refusal('UnrecognizedClientException', /security token included in the request is invalid/),
    );
  });

  test('for another region', async () => {
    const { clientWith } = await opened();
    await expect(ask(clientWith({ region: 'eu-central-1' }))).rejects.toMatchObject(
      refusal('InvalidSignatureException', /valid region: 'local'/),
    );
  });
});

describe('the time of a signature', () => {
  const askAt = async (offset: number) => {
    const { clientWith, clock } = await opened();
    const client = clientWith({});
    Object.defineProperty(client.config, 'systemClockOffset', {
      value: clock.now() + offset - Date.now(),
      writable: true,
    });
    return ask(client);
  };

  test('may be nearly five minutes old, or ahead', async () => {
    await expect(askAt(-295_000)).resolves.toBeDefined();
    await expect(askAt(295_000)).resolves.toBeDefined();
  });

  test('is refused when it is older', async () => {
    await expect(askAt(-305_000)).rejects.toMatchObject(
      refusal(
        'InvalidSignatureException',
        /^Signature expired: 20251231T2354\d\dZ is now earlier than 20251231T235500Z \(20260101T000000Z - 5 min\.\)$/,
      ),
    );
  });

  test('is refused when it is further ahead', async () => {
    await expect(askAt(310_000)).rejects.toMatchObject(
      refusal('InvalidSignatureException', /^Signature not yet current: .* \(20260101T000000Z \+ 5 min\.\)$/),
    );
  });

  test('is corrected by a client that may repeat the request', async () => {
    const { endpoint } = await opened();
    const { SFNClient: Client } = await import('@aws-sdk/client-sfn');
    const client = new Client({ endpoint, region: 'local', credentials: ACCESS_KEY });
    await expect(ask(client)).resolves.toBeDefined();
    client.destroy();
  });
});

test('a signature of headers with blanks and of a body beyond ASCII is verified', async () => {
  const { client } = await opened();
  const change = (sent: Sent) => {
    replaceBody('{"note":"größer 🗝"}')(sent);
    sent.headers['x-amz-note'] = '  a   b  ';
  };
  await expect(ask(tamper(client, 'before', change))).resolves.toBeDefined();
});

test('no error holds the secret, the signature or the authorization', async () => {
  const { client } = await opened();
  let sent = '';
  const change = (request: Sent) => {
    replaceBody('{"maxResults":1}')(request);
    sent = request.headers.authorization ?? '';
  };
  const error = await ask(tamper(client, 'after', change)).catch((thrown: Error) => thrown.message);
  expect(sent).toContain('Signature=');
  expect(error).not.toContain(ACCESS_KEY.secretAccessKey);
  expect(error).not.toContain(sent.split('Signature=')[1]);
});

test('only a loopback address is listened on', async () => {
  const { engine, clock } = await opened();
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'localhost', 'example.com', '::ffff:10.0.0.1']) {
    await expect(serveStepFunctions({ engine, clock, port: 0, host, secretOf })).rejects.toThrow(RangeError);
  }
});
