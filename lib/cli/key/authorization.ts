import * as z from 'zod';
import { shortDigest } from '../../domain/short-digest.ts';
import { CliError } from '../problem.ts';
import { table } from '../terminal.ts';
import { SHOWN_MANIFEST } from './manifest.ts';

const AUTHORIZATION = z.looseObject({
  id: z.string(),
  keyId: z.string(),
  status: z.string(),
  round: z.number(),
  requester: z.string(),
  requestedAt: z.string(),
  windowEndsAt: z.string(),
  reauthorizeEndsAt: z.string(),
  manifestDigest: z.string(),
  manifest: SHOWN_MANIFEST,
  approver: z.string().optional(),
  endedBy: z.string().optional(),
  note: z.string().optional(),
  why: z.string().optional(),
  problem: z.string().optional(),
  changes: z.array(z.string()).optional(),
  sinceLastRound: z.array(z.string()).optional(),
  emails: z.record(z.string(), z.string()).default({}),
});

/** An authorization as the server shows it: what these commands look at of it. */
export type ShownAuthorization = z.infer<typeof AUTHORIZATION>;

/** @throws CliError when the answer is none. */
export function authorizationOf(answer: unknown): ShownAuthorization {
  const parsed = AUTHORIZATION.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no authorization');
  return parsed.data;
}

/** Who asked for what, why, and what became of it; a line a fact. */
export function authorizationFacts(authorization: ShownAuthorization): string {
  const { manifest, status, round, emails } = authorization;
  const name = (id: string) => emails[id] ?? id;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['authorization', `${status}${round > 1 ? `, round ${round}` : ''}`],
    ['asked by', `${name(authorization.requester)}, ${authorization.requestedAt}`],
    ['reason', manifest.reason],
    ['ticket', manifest.ticket],
    ['manifest', shortDigest(authorization.manifestDigest)],
    ['to approve until', status === 'pending' ? authorization.windowEndsAt : undefined],
    ['to ask again until', isClosed(status) ? authorization.reauthorizeEndsAt : undefined],
    ['approved by', authorization.approver && name(authorization.approver)],
    ['ended by', authorization.endedBy && name(authorization.endedBy)],
    ['note', authorization.note],
    ['why', authorization.why],
    ['does not go on', authorization.problem],
    ...(authorization.changes ?? []).map((change) => ['changed', change] as const),
    ...(authorization.sinceLastRound ?? []).map((change) => ['since the last round', change] as const),
  ];
  return table(facts.flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])));
}

const isClosed = (status: string): boolean => status === 'lapsed' || status === 'drifted';
