import { randomBytes } from 'node:crypto';
import { openDataFolder } from '../wiring/data-folder.ts';
import { type Local, openLocal } from '../wiring/local.ts';
import { localProviders } from '../wiring/local-providers.ts';
import { localOidc } from '../wiring/oidc.ts';
import { isLoopback, loopbackHosts, origin, parsePublicUrl } from './addresses.ts';
import { type HttpServer, listen } from './http-server.ts';
import { type MetricsListen, type MetricsPort, openMetricsPort } from './metrics-port.ts';
import { passphrase } from './passphrase.ts';
import { CliError } from './problem.ts';
import { stopSignal } from './stop-signal.ts';
import { print, printError } from './terminal.ts';
import { setUpTrial, type Trial, trialText } from './trial.ts';

export interface ServeOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly smtp?: string;
  readonly smtpConnections?: number;
  readonly mailFrom?: string;
  readonly publicUrl?: string;
  readonly trustProxy?: boolean;
  /** In seconds. */
  readonly historyRetention?: number;
  /** In seconds. */
  readonly drillEvery?: number;
  readonly stepFunctionsPort?: number;
  readonly events?: readonly string[];
  readonly webhookSecretFile?: string;
  readonly metricsListen?: MetricsListen;
  readonly metricsTokenFile?: string;
  readonly awsKms?: boolean;
  readonly keyProtectConfig?: string;
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  readonly oidcClientSecretFile?: string;
  readonly oidcAudience?: string;
  readonly oidcLabel?: string;
}

/** How long requests that run may take to end, in milliseconds. The workflow's steps then have two seconds more. */
const REQUESTS_DRAIN = 3_000;
/** When the process ends whatever still runs: nothing that was acknowledged is lost, the next start resumes it. */
const STOP_LIMIT = 5_000;

/** `countersign serve`: runs until SIGTERM or SIGINT, and then ends the process. */
export async function serve(options: ServeOptions): Promise<void> {
  const publicUrl = publicUrlOf(options);
  const stopAsked = stopSignal(process.env);
  const http = await listen(options.host, options.port);
  const ports = [http];
  const closePorts = (drainMilliseconds: number) =>
    Promise.all(ports.map((port) => port.close(drainMilliseconds)));
  const local = await openMetricsPort(options)
    .then((metrics) => {
      if (metrics !== undefined) ports.push(metrics.http);
      return start(options, { http, metrics }, publicUrl);
    })
    .catch(async (error: unknown) => {
      await closePorts(0);
      throw error;
    });
  await stopAsked;
  setTimeout(() => process.exit(0), STOP_LIMIT);
  await closePorts(REQUESTS_DRAIN);
  await local.close();
  process.exit(0);
}

/** Opens everything, tells where it is, and only then answers. */
async function start(
  options: ServeOptions,
  { http, metrics }: { readonly http: HttpServer; readonly metrics: MetricsPort | undefined },
  publicUrl: string | undefined,
): Promise<Local> {
  const localUrl = origin(isAnyAddress(options.host) ? '127.0.0.1' : options.host, http.port);
  const places = placesOf(options, http.port, { localUrl, publicUrl });
  const folder = await openDataFolder(options.dataDir);
  let trial: Trial | undefined;
  let local: Local | undefined;
  try {
    if (!(await folder.isSetUp())) trial = await setUpTrial(folder);
    const { historyRetention, drillEvery, stepFunctionsPort, trustProxy } = options;
    const providers = await localProviders(options);
    const oidc = await localOidc(options);
    const { events: to = [], webhookSecretFile } = options;
    const events = { to, ...(webhookSecretFile !== undefined && { webhookSecretFile }) };
    const more = { historyRetention, drillEvery, stepFunctionsPort, trustProxy, providers, events, oidc };
    local = await openLocal({ folder, ...passphrase(), ...places.settings, ...more });
    const first = trial === undefined ? [] : ['', trialText(trial, localUrl, options.dataDir), ''];
    const lines = [
      `Countersign is ready: ${publicUrl ?? localUrl}`,
      ...first,
      ...stepFunctions(local),
      ...(metrics === undefined ? [] : [`Metrics: ${metrics.url}`]),
      ...(oidc === undefined ? [] : [`Sign-in: ${oidc.label} (${oidc.issuer})`]),
      places.mail,
    ];
    // Where events go to standard output, nothing else does.
    await (to.includes('stdout') ? printError : print)(lines.join('\n'));
    if (trial !== undefined) await folder.keep();
    http.answerWith(local.app.fetch);
    metrics?.answerWith(local.metrics);
    return local;
  } catch (error) {
    await local?.close();
    await folder.discard();
    throw error;
  }
}

const stepFunctions = ({ stepFunctionsPort: port }: Local): readonly string[] =>
  port === undefined ? [] : [`Step Functions API: ${origin('127.0.0.1', port)} (region local)`];

/** @throws CliError where API keys and links would cross a network in the clear, or not be reachable at all. */
function publicUrlOf({ host, publicUrl }: ServeOptions): string | undefined {
  if (publicUrl !== undefined) return parsePublicUrl(publicUrl);
  if (isLoopback(host)) return undefined;
  throw new CliError(
    `--host ${host} can be reached from other machines: put a TLS proxy in front and give its --public-url https://…, or use a loopback host`,
  );
}

const isAnyAddress = (host: string): boolean => ['0.0.0.0', '::', '[::]'].includes(host);

/** Where this server is reached, where its mail goes, and how that is told. */
function placesOf(
  options: ServeOptions,
  port: number,
  { localUrl, publicUrl }: { readonly localUrl: string; readonly publicUrl: string | undefined },
) {
  const url = publicUrl ?? localUrl;
  if (options.smtp !== undefined) {
    const from = options.mailFrom ?? `Countersign <countersign@${senderDomain(url)}>`;
    const connections = options.smtpConnections;
    const smtp = { url: options.smtp, from, ...(connections !== undefined && { connections }) };
    return { settings: { publicUrl: url, smtp }, mail: 'Outgoing mail: by SMTP' };
  }
  if (publicUrl !== undefined || !isLoopback(options.host)) {
    return {
      settings: { publicUrl: url },
      mail: `Outgoing mail: ${options.dataDir}/outbox/*.eml (no --smtp)`,
    };
  }
  const secret = randomBytes(16).toString('base64url');
  const outboxPage = { secret, allowedHosts: loopbackHosts(options.host, port) };
  return { settings: { publicUrl: url, outboxPage }, mail: `Outgoing mail: ${localUrl}/outbox/${secret}` };
}

/** An address literal is no domain of mail. */
function senderDomain(url: string): string {
  const { hostname } = new URL(url);
  return isLoopback(hostname) ? 'localhost' : hostname;
}
