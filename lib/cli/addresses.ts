import { isIP } from 'node:net';
import { CliError } from './problem.ts';

/** Whether only this machine can reach a server that listens there: `127.0.0.0/8`, `::1`, `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return isIP(bare) === 4 && bare.startsWith('127.');
}

/** A host and a port as they stand in a URL. */
export const origin = (host: string, port: number): string =>
  `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

/** The values of the Host header by which a browser on this machine reaches a loopback server. */
export const loopbackHosts = (host: string, port: number): readonly string[] => [
  ...new Set([new URL(origin(host, port)).host, `127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]),
];

/**
 * A `--public-url` without a slash at the end.
 * @throws CliError when it is none, or would send API keys and links in the clear over a network.
 */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError('--public-url must be a URL like https://keys.example.com');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CliError('--public-url must have no user, password, query or fragment');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new CliError('--public-url must begin with https:// (http:// is for loopback addresses only)');
  }
  return url.href.replace(/\/+$/, '');
}
