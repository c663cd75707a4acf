import { describe, expect, onTestFinished, test } from 'vitest';
import { type HttpServer, listen } from '../../lib/cli/http-server.ts';

async function listening(): Promise<{ readonly http: HttpServer; readonly url: string }> {
  const http = await listen('127.0.0.1', 0);
  onTestFinished(() => http.close(0));
  return { http, url: `http://127.0.0.1:${http.port}/` };
}

/** What ends a request that runs, from outside. */
function held() {
  let begin: () => void = () => {};
  let end: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const answer = async () => {
    begin();
    await ended;
    return new Response('done');
  };
  return { answer, begun, end };
}

describe('the HTTP server', () => {
  test('a request that comes before it is ready waits, and is answered', async () => {
    const { http, url } = await listening();
    const early = fetch(url);
    http.answerWith(() => new Response('ready'));
    expect(await (await early).text()).toBe('ready');
  });

  test('closing lets a request finish that runs, and takes no new one', async () => {
    const { http, url } = await listening();
    const { answer, begun, end } = held();
    http.answerWith(answer);
    const running = fetch(url);
    await begun;
    const closed = http.close(10_000);
    await expect(fetch(url)).rejects.toThrow();
    end();
    expect(await (await running).text()).toBe('done');
    // At once: not when the client lets go of its connection, which takes four seconds.
    const answered = performance.now();
    await closed;
    expect(performance.now() - answered).toBeLessThan(3_000);
  });

  test('closing cuts a request off that takes longer than it may', async () => {
    const { http, url } = await listening();
    const { answer, begun, end } = held();
    http.answerWith(answer);
    const running = fetch(url).then(
      () => 'answered',
      () => 'cut off',
    );
    await begun;
    await http.close(20);
    expect(await running).toBe('cut off');
    end();
  });

  test('a client that keeps its connection does not hold up the close', async () => {
    const { http, url } = await listening();
    http.answerWith(() => new Response('kept'));
    await (await fetch(url)).text();
    await http.close(60_000);
  });
});
