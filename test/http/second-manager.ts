import type { Answered, Server } from './server.ts';

interface Waiting {
  readonly id: string;
  readonly digest: string;
}

/** The change request in an answer. */
export const waiting = ({ json }: Answered): Waiting => {
  const { changeRequest } = json as { readonly changeRequest?: Waiting };
  if (changeRequest === undefined) throw new Error('nothing waits for a second Manager');
  return changeRequest;
};

/** What alice or bob asked for, which the other one approves then. */
export async function byBoth(
  server: Server,
  asks: 'alice' | 'bob',
  route: string,
  body: object,
): Promise<Answered> {
  const { id, digest } = waiting(await server.call(asks, route, { body }));
  const approves = asks === 'alice' ? 'bob' : 'alice';
  return server.call(approves, `POST /countersign/v1/change_requests/${id}/approve`, { body: { digest } });
}
