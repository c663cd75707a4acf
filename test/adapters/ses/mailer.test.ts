import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import ky from 'ky';
import { simpleParser } from 'mailparser';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sesMailer } from '../../../lib/adapters/ses/mailer.ts';
import { tagsOf } from '../../../lib/adapters/ses/tags.ts';
import { PermanentError, TransientError } from '../../../lib/domain/errors.ts';
import { aMail, describeMailer } from '../../contracts/mailer.ts';
import { type AwsAnswer, type AwsServer, startAwsServer, testClient } from '../../support/aws-server.ts';

/** A CommonJS module with a default export, which `import` finds in different places. */
const { default: startSes }: typeof import('aws-ses-v2-local') = createRequire(import.meta.url)(
  'aws-ses-v2-local',
);

const FROM = 'Countersign <countersign@example.com>';

interface StoredEmail {
  readonly destination: { readonly to: readonly string[] };
  readonly subject: string;
  readonly body: { readonly text: string; readonly html: string };
}

describe('the SES mailer, against a local SES', () => {
  let server: Server;
  let endpoint: string;

  beforeAll(async () => {
    server = await startSes({ host: '127.0.0.1', port: 0 });
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  describeMailer(async () => {
    await ky.post(`${endpoint}/clear-store`);
    return {
      mailer: sesMailer(new SESv2Client(testClient(endpoint)), { from: FROM }),
      received: async () => {
        const { emails } = await ky.get(`${endpoint}/store`).json<{ emails: StoredEmail[] }>();
        return emails.map(({ destination, subject, body }) => ({
          to: destination.to.join(),
          subject,
          text: body.text,
          html: body.html,
        }));
      },
    };
  });
});

describe('the SES mailer, against a server that answers what it is told', () => {
  let server: AwsServer | undefined;
  afterEach(() => server?.close());

  async function send(answer: AwsAnswer) {
    server = await startAwsServer(() => answer);
    const client = new SESv2Client(server.client);
    return sesMailer(client, { from: FROM, configurationSet: 'countersign' }).send(aMail());
  }

  test('the message goes out raw, with our Message-ID also where SES does not write its own over it', async () => {
    await expect(send({ body: { MessageId: '0100018c' } })).resolves.toEqual({ delivered: true });
    expect(server?.requests).toHaveLength(1);
    const { path, body } = server?.requests[0] ?? {};
    expect(path).toBe('/v2/email/outbound-emails');
    expect(body).toEqual({
      FromEmailAddress: 'countersign@example.com',
      Destination: { ToAddresses: [aMail().to] },
      Content: { Raw: { Data: expect.any(String) } },
      ConfigurationSetName: 'countersign',
      EmailTags: tagsOf(aMail().sending),
    });
    expect(tagsOf(aMail().sending).map(({ Name }) => Name)).toEqual([
      'instance',
      'mail',
      'attempt',
      'key',
      'authorization',
    ]);
    const { Content } = body as { Content: { Raw: { Data: string } } };
    const message = await simpleParser(Buffer.from(Content.Raw.Data, 'base64'));
    expect(message.messageId).toBe(aMail().messageId);
    expect(message.headers.get('x-countersign-message-id')).toBe(aMail().messageId);
    expect(message.headers.get('auto-submitted')).toBe('auto-generated');
    expect(message.text).toBe(aMail().text);
  });

  test.for(['MessageRejected', 'BadRequestException'])(
    '%s rejects the mail, without SES’s words',
    async (error) => {
      const body = { message: 'Local address contains control or whitespace: anna.schmidt@example.com' };
      await expect(send({ error, body })).resolves.toEqual({
        delivered: false,
        rejected: `SES refused the mail: ${error}`,
      });
    },
  );

  test('an address that is not verified yet, the sender’s or in the sandbox anybody’s, makes this mail alone wait', async () => {
    const message =
      'Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: anna.schmidt@example.com';
    await expect(send({ error: 'MessageRejected', body: { message } })).resolves.toEqual({
      delivered: false,
      deferred: 'SES refused the mail for now: an address is not verified yet',
    });
  });

  test.for([
    ['a rate that is exceeded', { error: 'TooManyRequestsException', status: 429 }],
    ['throttling', { error: 'ThrottlingException' }],
    ['a quota', { error: 'LimitExceededException' }],
    ['a paused account', { error: 'SendingPausedException' }],
    ['a sender’s domain that is not verified', { error: 'MailFromDomainNotVerifiedException' }],
    ['a configuration set that is not there', { error: 'NotFoundException', status: 404 }],
    ['a failure of SES', { error: 'InternalServiceErrorException', status: 500 }],
    ['a proxy’s error page', { status: 502, text: '<html>anna.schmidt@example.com</html>' }],
  ] as const)('%s makes the mail wait, and the error tells no address', async ([, answer]) => {
    const body = { message: 'anna.schmidt@example.com' };
    const error = await send({ body, ...answer }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransientError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/anna/);
    if ('error' in answer) expect(String(error)).toContain(`${answer.error} (request request-1)`);
  });

  test('a missing permission is for people to mend, not for repeating', async () => {
    const error = await send({ error: 'AccessDeniedException', status: 403 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PermanentError);
  });

  test('an SES that is not reached makes the mail wait', async () => {
    const gone = await startAwsServer(() => ({}));
    await gone.close();
    const mailer = sesMailer(new SESv2Client(gone.client), { from: FROM });
    await expect(mailer.send(aMail())).rejects.toThrow(
      new TransientError('SES could not send a mail: ECONNREFUSED'),
    );
  });

  test('a sender that is no address is refused before anything is sent', () => {
    expect(() => sesMailer(new SESv2Client(testClient('http://127.0.0.1:1')), { from: 'nobody' })).toThrow(
      PermanentError,
    );
  });
});
