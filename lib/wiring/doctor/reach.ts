import { verifySmtp } from '../../adapters/smtp/mailer.ts';
import { parseSmtpUrl } from '../../adapters/smtp/url.ts';
import { type Finding, fail, ok, warn } from '../../domain/finding.ts';

/** For one answer, in milliseconds. */
const PATIENCE = 5_000;

/** The mail server, as far as before the first mail. */
export async function examineMail(url: string | undefined): Promise<Finding> {
  const about = 'mail';
  if (url === undefined) {
    return warn(
      about,
      'no mail server is given: mail goes to files',
      'give --smtp, as countersign serve has it',
    );
  }
  try {
    const { host, tls, login } = parseSmtpUrl(url);
    await verifySmtp(url);
    const how = { always: 'TLS', upgrade: 'STARTTLS', none: 'no TLS, on this machine' }[tls];
    return ok(about, `${host} answers (${how}${login === undefined ? '' : ', and takes the login'})`);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return fail(about, `it takes no mail: ${why}`, 'look at --smtp, the certificate and the login');
  }
}

/** Where people and clients reach it, as they do: through whatever stands in front. */
export async function examinePublicUrl(url: string | undefined): Promise<Finding> {
  const about = 'public URL';
  if (url === undefined)
    return warn(about, 'not looked at', 'give --public-url, as countersign serve has it');
  try {
    const answer = await fetch(`${url}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const body: unknown = await answer.json().catch(() => undefined);
    const isOurs = typeof body === 'object' && body !== null && 'status' in body;
    if (answer.status === 200 && isOurs) return ok(about, `${url} answers`);
    return fail(
      about,
      isOurs
        ? `${url} says that it cannot serve (HTTP ${answer.status})`
        : `${url} is answered by something else (HTTP ${answer.status})`,
      'look at the server and at the proxy in front of it: links in mails lead there',
    );
  } catch (error) {
    const cause: unknown = error instanceof Error ? error.cause : undefined;
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer in time';
    return fail(
      about,
      `${url} does not answer (${why})`,
      'start the server, or look at the proxy in front of it',
    );
  }
}
