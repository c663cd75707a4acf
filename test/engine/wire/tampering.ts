import type { SFNClient } from '@aws-sdk/client-sfn';

export interface Sent {
  headers: Record<string, string>;
  body: string;
  path: string;
  method: string;
}

const isSent = (request: unknown): request is Sent =>
  typeof request === 'object' && request !== null && 'headers' in request && 'body' in request;

/** Changes what the client sends, before it is signed or after. */
export function tamper(client: SFNClient, when: 'before' | 'after', change: (sent: Sent) => void): SFNClient {
  const changed = <T extends { readonly request: unknown }>(args: T): T => {
    if (isSent(args.request)) change(args.request);
    return args;
  };
  const place = { name: `tamper-${when}`, priority: 'low' } as const;
  // It is signed in the step finalizeRequest, before what has a low priority there.
  if (when === 'before')
    client.middlewareStack.add((next) => (args) => next(changed(args)), { ...place, step: 'build' });
  else
    client.middlewareStack.add((next) => (args) => next(changed(args)), {
      ...place,
      step: 'finalizeRequest',
    });
  return client;
}

/** Another body, with the length that it has. */
export const replaceBody =
  (body: string) =>
  (sent: Sent): void => {
    sent.body = body;
    sent.headers['content-length'] = String(Buffer.byteLength(body));
  };
