import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as z from 'zod';

const ID = z.string().regex(/^[\da-f]{16}$/);

/**
 * A part of a trace that is sent apart, with the fields of it that we send
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
 */
const SUBSEGMENT = z.strictObject({
  type: z.literal('subsegment'),
  trace_id: z.string().regex(/^1-[\da-f]{8}-[\da-f]{24}$/),
  parent_id: ID,
  id: ID,
  name: z.string().regex(/^[\p{L}\p{N}\s_.:/%&#=+\\\-@]{1,200}$/u),
  start_time: z.number(),
  end_time: z.number(),
  namespace: z.literal('aws').optional(),
  aws: z
    .strictObject({
      operation: z.string().min(1),
      region: z.string().min(1),
      table_name: z.string().optional(),
      table_names: z.array(z.string()).optional(),
      request_id: z.string().optional(),
      retries: z.int().min(0).optional(),
    })
    .optional(),
  http: z.strictObject({ response: z.strictObject({ status: z.int() }) }).optional(),
  annotations: z.record(z.string().regex(/^\w{1,500}$/), z.string().max(1000)).optional(),
  error: z.literal(true).optional(),
  fault: z.literal(true).optional(),
  throttle: z.literal(true).optional(),
  cause: z
    .strictObject({
      exceptions: z.array(z.strictObject({ id: ID, type: z.string(), message: z.string().optional() })),
    })
    .optional(),
});

export type SentSubsegment = z.infer<typeof SUBSEGMENT>;

/** In the place of the daemon that Lambda runs beside a function: takes what X-Ray would, and keeps it. */
export interface XRayDaemon {
  /** As Lambda has it in AWS_XRAY_DAEMON_ADDRESS. */
  readonly address: string;
  /** In the order in which it came. */
  readonly subsegments: readonly SentSubsegment[];
  /** What X-Ray would not take, and why. */
  readonly refused: readonly string[];
  /** Every datagram as it came. */
  readonly texts: readonly string[];
  close(): Promise<void>;
}

const HEADER = { format: 'json', version: 1 };

export async function startXRayDaemon(): Promise<XRayDaemon> {
  const socket = createSocket('udp4');
  const subsegments: SentSubsegment[] = [];
  const refused: string[] = [];
  const texts: string[] = [];
  socket.on('message', (bytes) => {
    const text = bytes.toString();
    texts.push(text);
    const [header = '', document = '', ...more] = text.split('\n');
    const parsed = SUBSEGMENT.safeParse(JSON.parse(document));
    if (JSON.stringify(JSON.parse(header)) !== JSON.stringify(HEADER) || more.length > 0) refused.push(text);
    else if (parsed.success) subsegments.push(parsed.data);
    else refused.push(`${z.prettifyError(parsed.error)}: ${text}`);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    subsegments,
    refused,
    texts,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
