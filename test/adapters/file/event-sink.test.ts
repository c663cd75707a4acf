import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fileSink } from '../../../lib/adapters/file/event-sink.ts';
import { streamSink } from '../../../lib/adapters/system/event-sink.ts';
import { TRANSIENT_ERROR } from '../../../lib/domain/errors.ts';

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'events.jsonl');
}

const event = (n: number) => ({ id: `e-${n}`, action: 'a', at: 't', json: JSON.stringify({ n }) });

describe('a file of events', () => {
  test('gets a line for each, and only its owner can read it', async () => {
    const path = newFile();
    const sink = fileSink(path);
    expect(await sink.deliver([event(1), event(2)])).toBe('taken');
    await sink.deliver([event(3)]);
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('that was moved away by a rotation is followed by a new one', async () => {
    const path = newFile();
    const sink = fileSink(path);
    await sink.deliver([event(1)]);
    renameSync(path, `${path}.1`);
    await sink.deliver([event(2)]);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('{"n":1}\n');
    expect(readFileSync(path, 'utf8')).toBe('{"n":2}\n');
  });

  test('that was there before, with a last line that has no end, is left as it is and refused in words', async () => {
    const path = newFile();
    writeFileSync(path, '{"theirs":1}\n{"theirs":2}');
    const sink = fileSink(path);
    await expect(sink.deliver([event(1)], true)).rejects.toMatchObject({
      name: TRANSIENT_ERROR,
      message: expect.stringContaining('its last line has no end'),
    });
    expect(readFileSync(path, 'utf8')).toBe('{"theirs":1}\n{"theirs":2}');
    appendFileSync(path, '\n');
    await sink.deliver([event(1)], true);
    expect(readFileSync(path, 'utf8')).toBe('{"theirs":1}\n{"theirs":2}\n{"n":1}\n');
  });

  test.each(['', undefined])(
    'that was there before and is empty, or was not, gets its first line',
    async (before) => {
      const path = newFile();
      if (before !== undefined) writeFileSync(path, before);
      await fileSink(path).deliver([event(1)], true);
      expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n');
    },
  );

  test('loses the line that a full disk or a crash has cut, which comes again', async () => {
    const path = newFile();
    const sink = fileSink(path);
    await sink.deliver([event(1)], true);
    appendFileSync(path, '{"n":');
    await sink.deliver([event(2)], true);
    await fileSink(path).deliver([event(3)], false);
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
  });

  test.skipIf(!existsSync('/dev/full'))('on a full disk has them come again', async () => {
    await expect(fileSink('/dev/full').deliver([event(1)])).rejects.toMatchObject({
      name: TRANSIENT_ERROR,
      message: 'the file cannot be written: ENOSPC',
    });
  });
});

describe('a stream of events', () => {
  test('gets a line for each', async () => {
    const out = new PassThrough();
    expect(await streamSink('stdout', out).deliver([event(1), event(2)])).toBe('taken');
    expect(String(out.read())).toBe('{"n":1}\n{"n":2}\n');
  });

  test('that nobody reads any more has them come again, and ends nothing', async () => {
    const out = new Writable({ write: (_, __, done) => done(new Error('EPIPE')) });
    await expect(streamSink('stdout', out).deliver([event(1)])).rejects.toMatchObject({
      name: TRANSIENT_ERROR,
    });
  });
});
