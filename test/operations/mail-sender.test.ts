import { expect, it } from 'vitest';
import { TransientError } from '../../lib/domain/errors.ts';
import { mailSender } from '../../lib/operations/mail-sender.ts';
import type { Reference } from '../../lib/operations/records/authorization.ts';

const NO_LOG = { info: () => {}, error: () => {} };

const reference = (authorizationId: string): Reference => ({ instanceId: 'i', keyId: 'k', authorizationId });
const many = (count: number) => Array.from({ length: count }, (_, n) => reference(String(n)));

/** A mail server whose answers the test gives. */
function slowServer() {
  const begun: string[] = [];
  const open: ((reached: boolean | Error) => void)[] = [];
  const send = ({ authorizationId }: Reference) =>
    new Promise<boolean>((resolve, reject) => {
      begun.push(authorizationId);
      open.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  return { begun, send, answer: (reached: boolean | Error = true) => open.shift()?.(reached) };
}

const LANES = 9;
const first = (count: number) => many(count).map(({ authorizationId }) => authorizationId);

const turns = () => new Promise((resolve) => setImmediate(resolve));

it('sends in the order that was asked, so many at once and no more', async () => {
  const server = slowServer();
  const sender = mailSender({ sendNow: server.send, lanes: LANES, log: NO_LOG });
  for (const one of many(LANES + 2)) sender.send(one);
  await turns();
  expect(server.begun).toEqual(first(LANES));
  server.answer();
  await turns();
  expect(server.begun).toEqual(first(LANES + 1));
});

it('sends what waits already once, and what is under way again', async () => {
  const server = slowServer();
  const sender = mailSender({ sendNow: server.send, lanes: LANES, log: NO_LOG });
  for (const one of many(LANES + 1)) sender.send(one);
  sender.send(reference(String(LANES)));
  sender.send(reference('0'));
  for (let n = 0; n < LANES + 2; n += 1) {
    server.answer();
    await turns();
  }
  expect(server.begun).toEqual([...first(LANES + 1), '0']);
});

it('leaves what waits to the sweeper when the mail server cannot be reached, and tries the next', async () => {
  const server = slowServer();
  const sender = mailSender({ sendNow: server.send, lanes: LANES, log: NO_LOG });
  for (const one of many(LANES + 2)) sender.send(one);
  server.answer(false);
  for (let n = 1; n < LANES; n += 1) server.answer();
  await sender.idle();
  expect(server.begun).toEqual(first(LANES));
  sender.send(reference('later'));
  await turns();
  expect(server.begun.at(-1)).toBe('later');
});

it('goes on after mails that could not be sent, and is idle when all are out', async () => {
  const server = slowServer();
  const problems: unknown[] = [];
  const sender = mailSender({
    sendNow: server.send,
    lanes: LANES,
    log: { ...NO_LOG, error: (_, fields) => problems.push(fields) },
  });
  for (const one of many(LANES + 1)) sender.send(one);
  let idle = false;
  const ended = sender.idle().then(() => {
    idle = true;
  });
  server.answer(new TransientError('the store cannot answer'));
  await turns();
  expect(idle).toBe(false);
  for (let n = 0; n < LANES; n += 1) server.answer();
  await ended;
  expect(server.begun).toHaveLength(LANES + 1);
  expect(problems).toHaveLength(1);
});
