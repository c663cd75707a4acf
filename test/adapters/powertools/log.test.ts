import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { Logger } from '@aws-lambda-powertools/logger';
import { expect, test } from 'vitest';
import { powertoolsLog } from '../../../lib/adapters/powertools/log.ts';

/** A logger of Powertools, and the lines that it writes. */
function collecting(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = new Logger({ serviceName: 'countersign' });
  // It writes to a console of its own, which it does not let others choose.
  Reflect.set(logger, 'console', new Console({ stdout: out, stderr: out }));
  return { logger, lines };
}

test('one call is one JSON line with level, message and the named fields', () => {
  const { logger, lines } = collecting();
  const log = powertoolsLog(logger);
  log.info('mail sent', { attempts: 2, done: true, nothing: undefined });
  log.error('line\nbreak', { reason: 'a\nb' });
  expect(lines).toHaveLength(2);
  const [sent = '', broken = ''] = lines;
  expect(JSON.parse(sent)).toMatchObject({
    level: 'INFO',
    message: 'mail sent',
    attempts: 2,
    done: true,
    service: 'countersign',
  });
  expect(JSON.parse(broken)).toMatchObject({ level: 'ERROR', message: 'line\nbreak', reason: 'a\nb' });
  expect(broken.trimEnd()).not.toContain('\n');
});
