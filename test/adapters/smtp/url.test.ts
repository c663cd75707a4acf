import { describe, expect, test } from 'vitest';
import { parseSmtpUrl } from '../../../lib/adapters/smtp/url.ts';
import { PermanentError } from '../../../lib/domain/errors.ts';

describe('the SMTP URL', () => {
  test.for([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, tls: 'upgrade' }],
    ['smtp://mail.example.com/', { host: 'mail.example.com', port: 587, tls: 'upgrade' }],
    ['smtp://Mail.Example.com:25', { host: 'mail.example.com', port: 25, tls: 'upgrade' }],
    ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, tls: 'always' }],
    ['SMTPS://127.0.0.1:1465', { host: '127.0.0.1', port: 1465, tls: 'always' }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, tls: 'none' }],
    ['smtp://127.8.8.8:1025', { host: '127.8.8.8', port: 1025, tls: 'none' }],
    ['smtp://[::1]:1025', { host: '::1', port: 1025, tls: 'none' }],
    ['smtp://10.0.0.1:1025', { host: '10.0.0.1', port: 1025, tls: 'upgrade' }],
    ['smtp://127.0.0.1.example.com', { host: '127.0.0.1.example.com', port: 587, tls: 'upgrade' }],
    ['smtp://localhost.example.com', { host: 'localhost.example.com', port: 587, tls: 'upgrade' }],
  ] as const)('%s is read', ([url, server]) => {
    expect(parseSmtpUrl(url)).toEqual(server);
  });

  test('user and password are percent-decoded', () => {
    const { login } = parseSmtpUrl('smtps://a%40example.com:p%40ss%2Fw%23rd%25@mail.example.com');
    expect(login).toEqual({ user: 'a@example.com', password: 'p@ss/w#rd%' });
  });

  test.for([
    ['', 'it must begin with smtp:// or smtps://'],
    ['mail.example.com:587', 'it must begin with smtp:// or smtps://'],
    ['http://anna:s3cret@mail.example.com', 'it must begin with smtp:// or smtps://'],
    ['smtp:mail.example.com', 'it must begin with smtp:// or smtps://'],
    ['smtp://änna.s3cret.example.com', 'neither a name nor an address'],
    ['smtp://', 'it names no host'],
    ['smtp://:25', 'it names no host'],
    ['smtp://anna:s3cret@', 'it names no host'],
    ['smtp://anna:s3cret@:25', 'it names no host'],
    ['smtp://mail.example.com:0', 'its port must be 1 to 65535'],
    ['smtp://mail.example.com:65536', 'its port must be 1 to 65535'],
    ['smtp://mail.example.com:port', 'its port must be 1 to 65535'],
    ['smtp://anna:s3/cret@mail.example.com', 'percent-encode'],
    ['smtp://anna:25/s3cret@mail.example.com', 'percent-encode'],
    ['smtp://anna:25#s3cret@mail.example.com', 'percent-encode'],
    ['smtp://anna:s3cret%@mail.example.com', 'percent-encode % in user and password as %25'],
    ['smtp://anna@mail.example.com', 'user and password go together'],
    ['smtp://:s3cret@mail.example.com', 'user and password go together'],
    ['smtp://mail.example.com/?pool=true', 'nothing may follow the port'],
    ['smtp://mail.example.com/inbox', 'nothing may follow the port'],
  ])('%s is refused in one line that repeats nothing of it', ([url = '', reason]) => {
    const refusal = refusalOf(url);
    expect(refusal).toBeInstanceOf(PermanentError);
    expect(refusal.message).toContain(reason);
    expect(refusal.message).not.toMatch(/\n|anna|s3|cret|example\.com/);
    expect(refusal.cause).toBeUndefined();
  });
});

function refusalOf(url: string): Error {
  try {
    parseSmtpUrl(url);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the URL was read');
}
