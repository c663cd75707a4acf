import { describe, expect, test } from 'vitest';
import { isLoopback, loopbackHosts, origin, parsePublicUrl } from '../../lib/cli/addresses.ts';

describe('addresses', () => {
  test.for(['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost', 'LOCALHOST'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.for(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '1270.0.0.1', ''])(
    '%s is not loopback',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );

  test('an IPv6 address stands in brackets in a URL', () => {
    expect(origin('::1', 8080)).toBe('http://[::1]:8080');
    expect(loopbackHosts('::1', 8080)).toEqual(['[::1]:8080', '127.0.0.1:8080', 'localhost:8080']);
  });

  test.for([
    ['https://keys.example.com/base//', 'https://keys.example.com/base'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['HTTPS://Keys.Example.com', 'https://keys.example.com'],
  ] as const)('the public URL %s is %s', ([text, url]) => {
    expect(parsePublicUrl(text)).toBe(url);
  });

  test.for([
    'http://keys.example.com',
    'http://0.0.0.0:8080',
    'keys.example.com',
    'ftp://keys.example.com',
    'https://user:word@keys.example.com',
    'https://keys.example.com/?a=b',
    'https://keys.example.com/#a',
    '',
  ])('the public URL %j is refused', (text) => {
    expect(() => parsePublicUrl(text)).toThrow('--public-url');
  });
});
