import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { approveDeletion } from '../../lib/cli/key/approve.ts';
import { CliError } from '../../lib/cli/problem.ts';
import { connect } from '../../lib/cli/server.ts';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
}

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A server that answers with these, one after the other, the last one for ever. */
async function answering(...replies: readonly Reply[]) {
  const received: Received[] = [];
  const server = createServer(({ method, url, headers }, response) => {
    received.push({ method, url, headers });
    const reply = replies[Math.min(received.length, replies.length) - 1];
    response.writeHead(reply?.status ?? 500, reply?.headers);
    response.end(reply?.body === undefined ? '' : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const options = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'cs_x',
    instance: 'i',
  };
  return { received, options, api: connect(options) };
}

describe('what a command sends', () => {
  test('a change is sent again when the server asks for it, and only then', async () => {
    const busy = { status: 503, headers: { 'retry-after': '0' } };
    const patient = await answering(busy, busy, { status: 204 });
    await patient.api.send('delete', 'x');
    expect(patient.received).toHaveLength(3);

    for (const status of [500, 503]) {
      const broken = await answering({ status });
      await expect(broken.api.send('post', 'x')).rejects.toThrow(`HTTP ${status}`);
      expect(broken.received).toHaveLength(1);
    }
  });

  test('reading is tried again after a server error', async () => {
    const { api, received } = await answering({ status: 502 }, { status: 200, body: { fine: true } });
    expect(await api.get('x')).toEqual({ fine: true });
    expect(received).toHaveLength(2);
  });

  test('words in any script pass a header', async () => {
    const { api, received } = await answering({ status: 204 });
    await api.send('post', 'x', {
      headers: { 'x-countersign-reason': 'überholt', 'x-countersign-ticket': 'A-1' },
    });
    expect(received[0]?.headers).toMatchObject({
      'x-countersign-reason': "UTF-8''%C3%BCberholt",
      'x-countersign-ticket': 'A-1',
      authorization: 'Bearer cs_x',
      'bluemix-instance': 'i',
    });
  });

  test('an approval goes to the key by id, bound to the manifest that was shown', async () => {
    const keyId = '0b2f6a44-7a1f-4a38-9d4e-5b7c3b1f09ab';
    const manifest = { keyId, name: 'Payroll', type: 'root key', aliases: [], versions: [] };
    const times = { requestedAt: 't', windowEndsAt: 't', reauthorizeEndsAt: 't' };
    const pending = { id: 'a', status: 'pending', round: 1, requester: 'r', ...times };
    const { options, received } = await answering(
      { status: 200, body: { ...pending, keyId, manifest, manifestDigest: 'd1' } },
      { status: 200, body: { resources: [{ id: keyId, name: 'Payroll', state: 5, extractable: false }] } },
    );
    await approveDeletion('payroll', { ...options, confirm: '1f09ab' });
    expect(received[0]?.url).toBe('/countersign/v1/keys/payroll/authorization');
    expect(received[1]).toMatchObject({
      method: 'DELETE',
      url: `/api/v2/keys/${keyId}`,
      headers: { 'x-countersign-manifest': 'd1' },
    });
  });
});

describe('what a command says when it cannot be answered', () => {
  test('the server is not there', async () => {
    const api = connect({ url: 'http://127.0.0.1:9', apiKey: 'cs_x', instance: 'i' });
    await expect(api.send('post', 'x')).rejects.toThrow(/no server answers at http:\/\/127\.0\.0\.1:9 /);
  });

  test('the server is another one', async () => {
    const server = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(connect({ url, apiKey: 'cs_x', instance: 'i' }).get('x')).rejects.toThrow(
      'does not answer as a Countersign server',
    );
  });

  test('what may be missing, where the server gives no reason', async () => {
    const { api } = await answering({ status: 401, body: { resources: [{ errorMsg: 'Unauthorized: no' }] } });
    await expect(api.send('delete', 'x')).rejects.toThrow(/API key.*instance.*role/);
  });

  test.for([
    [{ url: 'http://127.0.0.1:9', instance: 'i' }, 'COUNTERSIGN_API_KEY'],
    [{ url: 'http://127.0.0.1:9', apiKey: 'cs_x' }, 'COUNTERSIGN_INSTANCE'],
    [{ url: 'localhost:9', apiKey: 'cs_x', instance: 'i' }, '--url'],
  ] as const)('%j is incomplete', ([options, missing]) => {
    expect(() => connect(options)).toThrow(missing);
  });

  test.for([
    { url: 'http://127.0.0.1:9', apiKey: 'cs_hush\n', instance: 'i' },
    { url: 'http://127.0.0.1:9', apiKey: 'cs_hush\u65e7', instance: 'i' },
    { url: 'http://127.0.0.1:9', apiKey: 'cs_x', instance: 'hush hush' },
    { url: 'http://mia:hush@127.0.0.1:9', apiKey: 'cs_x', instance: 'i' },
  ])('%j cannot be sent, and no secret is shown', (options) => {
    expect(() => connect(options)).toThrow(/^(?!.*hush)/);
    expect(() => connect(options)).toThrow(CliError);
  });
});
