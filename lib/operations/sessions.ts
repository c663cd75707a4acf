import { randomBytes } from 'node:crypto';
import { accept, type Decision, refuse } from '../domain/refusal.ts';
import type { EpochMillis } from '../domain/time.ts';
import type { Item, Write } from '../ports/store.ts';
import { attempt } from './attempts.ts';
import { sha256, validCredential } from './caller.ts';
import type { Context } from './context.ts';
import { type Credential, stillValid } from './records/credential.ts';
import { isActiveStill } from './records/person.ts';
import {
  loadSession,
  REFRESH_VALIDITY,
  type Session,
  sessionItem,
  sessionKey,
  sessionOfItem,
} from './records/session.ts';

/** Who is known by it, and the token by which they will be once more. */
export interface OpenSession {
  readonly credential: Credential;
  readonly refreshToken: string;
}

/**
 * Begins a session with an API key.
 * @returns refused with `access-denied` for a key that is none or was taken away, and for whoever is not active.
 */
export function openSession(context: Context, apiKey: string): Promise<Decision<OpenSession>> {
  return attempt(context, async () => {
    const credential = await validCredential(context, sha256(apiKey));
    if (credential === undefined) return refuse('access-denied');
    const id = randomBytes(16).toString('hex');
    const refreshToken = newRefreshToken(id);
    const now = context.clock.now();
    const session: Session = {
      id,
      personId: credential.personId,
      credential: credential.hash,
      current: sha256(refreshToken),
      startedAt: now,
      expiresAt: now + REFRESH_VALIDITY,
    };
    const begun: Write = { put: sessionItem(session), when: [{ item: 'absent' }] };
    return commit(context, begun, { credential, refreshToken });
  });
}

/**
 * Goes on with a session: its refresh token for the next one. The one before the newest is taken as well, since its
 * answer can be lost on the way: the newest is replaced then. An older one was used before, by its holder or by whoever
 * took it from them: the session is over for both.
 * @returns refused with `access-denied` for every token that is none any more.
 */
export function continueSession(context: Context, token: string): Promise<Decision<OpenSession>> {
  return attempt(context, async () => {
    const now = context.clock.now();
    const session = await sessionOf(context, token, now);
    const credential = session && (await validCredential(context, session.credential));
    if (session === undefined || credential === undefined) return refuse('access-denied');
    const used = sha256(token);
    if (used !== session.current && used !== session.previous) return end(context, session);
    const refreshToken = newRefreshToken(session.id);
    const next: Session = {
      ...session,
      current: sha256(refreshToken),
      previous: used,
      expiresAt: now + REFRESH_VALIDITY,
    };
    const rotated: Write = {
      put: sessionItem(next),
      when: [{ attribute: 'current', is: 'equal', value: session.current }],
    };
    return commit(context, rotated, { credential, refreshToken });
  });
}

/** What a refresh token looks like: a session and 256 random bits. */
const REFRESH_TOKEN = /^csr_([0-9a-f]{32})_[\w-]{43}$/;
const newRefreshToken = (id: string): string => `csr_${id}_${randomBytes(32).toString('base64url')}`;

async function sessionOf({ store }: Context, token: string, now: EpochMillis): Promise<Session | undefined> {
  const [, id] = REFRESH_TOKEN.exec(token) ?? [];
  const session = id === undefined ? undefined : await loadSession(store, id);
  return session !== undefined && now < session.expiresAt ? session : undefined;
}

/** One write, conditional on the API key being there still, and on the person being active. */
async function commit(
  { store }: Context,
  write: Write,
  opened: OpenSession,
): Promise<Decision<OpenSession> | undefined> {
  const { credential } = opened;
  const { instanceId, personId } = credential;
  const active = instanceId === undefined ? [] : [isActiveStill(instanceId, personId)];
  const result = await store.commit([...active, stillValid(credential), write]);
  if (result.committed) return accept(opened);
  return active.length > 0 && result.failed.includes(0) ? refuse('access-denied') : undefined;
}

async function end({ store, log }: Context, { id, personId }: Session): Promise<Decision<never>> {
  await store.commit([{ delete: sessionKey(id), when: [] }]);
  log.error('a refresh token was used again after its successor, and its session was ended', { personId });
  return refuse('access-denied');
}

/** Takes a session away whose last refresh token can be used no more. */
export async function expireSession({ store, clock }: Context, item: Item): Promise<void> {
  await store.commit([
    {
      delete: sessionKey(sessionOfItem(item).id),
      when: [{ attribute: 'expiresAt', is: 'lessOrEqual', value: clock.now() }],
    },
  ]);
}
