import { PermanentError } from '../../domain/errors.ts';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** `always`: TLS from the first byte. `upgrade`: STARTTLS, and no mail without it. `none`: plain, loopback only. */
  readonly tls: 'always' | 'upgrade' | 'none';
  readonly login?: { readonly user: string; readonly password: string };
}

/** Submission with STARTTLS (RFC 6409) and with TLS from the start (RFC 8314). */
const DEFAULT_PORT = { 'smtp:': 587, 'smtps:': 465 } as const;

/**
 * Reads `smtp://user:password@host:587` or `smtps://user:password@host`, user and password percent-encoded.
 *
 * @throws PermanentError with one line that says what is wrong and never repeats a part of the URL: it may be,
 * or be next to, the password.
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const scheme = schemeOf(text);
  const url = parsed(text);
  if (url.hostname === '') throw wrong('it names no host');
  if (!/^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(url.hostname))
    throw wrong('its host is neither a name nor an address');
  if (/^\/./.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw wrong('nothing may follow the port; percent-encode / ? # and @ in user and password');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const port = url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port);
  if (port === 0) throw wrong('its port must be 1 to 65535');
  const login = loginOf(url);
  return { host, port, tls: tlsOf(scheme, host), ...(login === undefined ? {} : { login }) };
}

type Scheme = keyof typeof DEFAULT_PORT;

const wrong = (reason: string): PermanentError =>
  new PermanentError(`the SMTP URL is not usable: ${reason} (smtp://user:password@host:587 or smtps://…)`);

function schemeOf(text: string): Scheme {
  if (/^smtp:\/\//i.test(text)) return 'smtp:';
  if (/^smtps:\/\//i.test(text)) return 'smtps:';
  throw wrong('it must begin with smtp:// or smtps://');
}

function parsed(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  // The host is there: what is left to be wrong is nearly always the port or a sign that is not percent-encoded.
  throw /^smtps?:\/\/(?:[^/?#]*@)?(?:[:/?#]|$)/i.test(text)
    ? wrong('it names no host')
    : wrong('its port must be 1 to 65535, and signs in user and password percent-encoded');
}

function loginOf(url: URL): SmtpServer['login'] {
  if (url.username === '' && url.password === '') return undefined;
  if (url.username === '' || url.password === '') throw wrong('user and password go together');
  try {
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw wrong('percent-encode % in user and password as %25');
  }
}

/** On loopback nothing leaves the machine, and the certificates of local relays seldom verify. */
const tlsOf = (scheme: Scheme, host: string): SmtpServer['tls'] => {
  if (scheme === 'smtps:') return 'always';
  return isLoopback(host) ? 'none' : 'upgrade';
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
