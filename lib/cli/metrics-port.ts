import { metricsApp } from '../wiring/metrics-app.ts';
import { isLoopback, origin } from './addresses.ts';
import { type HttpServer, listen } from './http-server.ts';
import { CliError } from './problem.ts';

/** Where the metrics are answered. */
export interface MetricsListen {
  readonly host: string;
  readonly port: number;
}

export interface MetricsPort {
  readonly url: string;
  readonly http: HttpServer;
  /** From now on the metrics are answered. */
  answerWith(read: () => Promise<string>): void;
}

/**
 * Takes the port of the metrics, where there is to be one. Numbers say how busy an installation is and what waits, and
 * are nobody's business: whoever is not on this machine needs a token.
 *
 * @throws CliError when other machines could read without one; when the port cannot be taken.
 */
export async function openMetricsPort({
  metricsListen,
  metricsTokenFile,
}: {
  readonly metricsListen?: MetricsListen;
  readonly metricsTokenFile?: string;
}): Promise<MetricsPort | undefined> {
  if (metricsListen === undefined) {
    if (metricsTokenFile === undefined) return undefined;
    throw new CliError('--metrics-token-file is for --metrics-listen, which is not given');
  }
  const { host, port } = metricsListen;
  if (!isLoopback(host) && metricsTokenFile === undefined) {
    throw new CliError(
      `--metrics-listen ${host} can be reached from other machines: give a --metrics-token-file, or a loopback host`,
    );
  }
  const app = await metricsApp(metricsTokenFile);
  const http = await listen(host, port);
  return {
    url: `${origin(host, http.port)}/metrics`,
    http,
    answerWith: (read) => http.answerWith(app(read).fetch),
  };
}
