import { createSocket } from 'node:dgram';
import type { Subsegment } from './subsegment.ts';

/** Where X-Ray's daemon listens: Lambda runs one beside each function that is traced. */
export interface DaemonAddress {
  readonly host: string;
  readonly port: number;
}

/** @param text an IPv4 address and a port: `169.254.100.1:2000`. */
export function daemonAddress(text = ''): DaemonAddress | undefined {
  const { host, port } = /^(?<host>[\d.]+):(?<port>\d+)$/.exec(text)?.groups ?? {};
  return host === undefined ? undefined : { host, port: Number(port) };
}

export interface Daemon {
  /** Sends without waiting. What cannot be sent is lost, and so is what comes after {@link Daemon.close}. */
  send(subsegment: Subsegment): void;
  /** Resolves when everything is on its way, or lost. */
  close(): Promise<void>;
}

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon */
const HEADER = '{"format": "json", "version": 1}\n';

export function openDaemon({ host, port }: DaemonAddress): Daemon {
  const socket = createSocket('udp4').unref();
  // One that cannot be bound tells that alone, and nothing of what was to be sent.
  const broken = new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
  });
  let sending: Promise<void>[] | undefined = [];
  return {
    send(subsegment) {
      if (sending === undefined) return;
      const sent = new Promise<void>((resolve) => {
        socket.send(HEADER + JSON.stringify(subsegment), port, host, () => resolve());
      });
      sending.push(sent.catch(() => {}));
    },
    async close() {
      const last = sending ?? [];
      sending = undefined;
      await Promise.race([Promise.all(last), broken]);
      socket.close();
    },
  };
}
