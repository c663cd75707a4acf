import * as z from 'zod';
import type { Authorization, Status } from '../domain/authorization.ts';
import { decidedAt, decidedBy } from '../domain/authorization-filter.ts';
import { CursorError } from '../domain/errors.ts';
import { displayNameOf } from '../domain/person.ts';
import { type ListedAuthorization, listAuthorizations } from '../operations/list-authorizations.ts';
import { type WhoCouldApprove, whoCouldApprove } from '../operations/who-could-approve.ts';
import { isoTime } from './authorization.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { keyOf } from './key-path.ts';
import { choice, freeText, integer, time } from './query.ts';

const LONGEST_ID = 200;
const LONGEST_CURSOR = 200;

const instant = z.iso.datetime();

const STATUSES = [
  'pending',
  'approved',
  'destroying',
  'lapsed',
  'drifted',
  'consumed',
  'denied',
  'withdrawn',
  'expired',
  'superseded',
  'void',
  'refused',
] as const satisfies readonly Status[];

const LISTED = z
  .object({
    id: z.string(),
    keyId: z.string(),
    keyName: z.string(),
    status: z.enum(STATUSES),
    twoPeople: z.boolean(),
    round: z.int(),
    requester: z.string(),
    requestedAt: instant.meta({ description: 'When the newest round was asked for' }),
    reason: z.string().optional(),
    ticket: z.string().optional(),
    decidedBy: z.string().optional(),
    decidedAt: instant.optional(),
    windowEndsAt: instant,
    reauthorizeEndsAt: instant,
    waitsFor: z
      .array(z.string())
      .meta({ description: 'Who could approve it now, or ask for it again; empty where it is over' }),
  })
  .meta({ id: 'ListedAuthorization', description: 'Times in UTC, with milliseconds' });

const COULD_APPROVE = z
  .object({
    at: instant,
    round: z.int().meta({ description: 'The round that it was about; 0 before it was asked for' }),
    closed: z.string().optional().meta({
      description:
        'Why nobody could approve then: its status, `window-closed`, `requester-gone`, `requests-frozen` or `not-asked`',
    }),
    people: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        kind: z.enum(['user', 'service']),
        could: z.boolean(),
        why: z.string().optional().meta({
          description:
            'Why not: `access-denied` (no Manager of the key), `own-request`, `grant-too-young`, `service-identity`, `frozen`, `removed`, `owner-gone`, `roles-unknown`',
        }),
      }),
    ),
  })
  .meta({ id: 'CouldApprove' });

/** What auditors look for: every authorization of an instance, and who could have approved one. */
export const AUTHORIZATIONS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/authorizations',
    operation: 'listAuthorizations',
    failure: 'Authorizations could not be listed',
    id: 'listAuthorizations',
    summary: 'List the authorizations of every key, the newest first',
    tag: 'Authorizations',
    query: {
      status: choice(STATUSES),
      keyId: z.guid('the id of a key').optional(),
      requester: freeText(LONGEST_ID).meta({
        description: 'The id of who asked; a service’s owner finds it too',
      }),
      approver: freeText(LONGEST_ID).meta({
        description: 'The id of who approved; a service’s owner finds it too',
      }),
      from: time().meta({ description: 'Asked for from this time on' }),
      to: time().meta({ description: 'Asked for before this time' }),
      limit: integer({ least: 1, most: 1_000, fallback: 100 }),
      after: freeText(LONGEST_CURSOR).meta({
        description:
          'The `cursor` of the page before; all else as before. A page can be short and not the last',
      }),
    },
    answers: {
      200: {
        what: 'The authorizations of the keys that the caller may read the history of',
        schema: z.object({
          authorizations: z.array(LISTED),
          emails: z.record(z.string(), z.string()),
          cursor: z.string().optional(),
        }),
      },
    },
    handle: async ({ context, caller, query: { from, to, after, keyId, ...filter } }) => {
      const listing = {
        ...filter,
        keyId: keyId?.toLowerCase(),
        from: timeOf(from),
        to: timeOf(to),
        cursor: after,
      };
      const listed = await listAuthorizations(context, caller, listing).catch((error: unknown) => {
        if (!(error instanceof CursorError)) throw error;
        throw invalidQuery('after', 'the `cursor` of the page before');
      });
      return answer(listed, ({ authorizations, emails, cursor }) =>
        ok({
          authorizations: authorizations.map(listedJson),
          emails,
          ...(cursor !== undefined && { cursor }),
        }),
      );
    },
  }),
  endpoint({
    method: 'GET',
    path: '/countersign/v1/keys/:id/authorizations/:authorizationId/approvers',
    operation: 'readHistory',
    failure: 'Approvers could not be retrieved',
    id: 'listPossibleApprovers',
    summary: 'Read who could have approved a deletion at a moment, and why others could not',
    tag: 'Authorizations',
    refusals: ['authorization-not-found'],
    query: {
      at: time().meta({
        description:
          'The moment; left out: now or, of what does not wait any more, the last one at which it did',
      }),
    },
    answers: { 200: { what: 'Everybody of the instance at that moment', schema: COULD_APPROVE } },
    handle: async ({ context, caller, request, query }) => {
      const authorizationId = request.param('authorizationId') ?? '';
      const name = { key: keyOf(request), authorizationId, at: timeOf(query.at) };
      return answer(await whoCouldApprove(context, caller, name), (found) => ok(couldApproveJson(found)));
    },
  }),
];

const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

function listedJson({ authorization, key, waitsFor }: ListedAuthorization): object {
  const { id, keyId, status, twoPeople, round, requester, manifest } = authorization;
  return {
    id,
    keyId,
    keyName: key.name,
    status,
    twoPeople,
    round,
    requester,
    requestedAt: isoTime(authorization.requestedAt),
    reason: manifest.reason,
    ticket: manifest.ticket,
    ...decisionOf(authorization),
    windowEndsAt: isoTime(authorization.windowEndsAt),
    reauthorizeEndsAt: isoTime(authorization.reauthorizeEndsAt),
    waitsFor,
  };
}

function decisionOf(authorization: Authorization): object {
  const at = decidedAt(authorization);
  return { decidedBy: decidedBy(authorization), ...(at !== undefined && { decidedAt: isoTime(at) }) };
}

const couldApproveJson = ({ at, people, ...other }: WhoCouldApprove): object => ({
  at: isoTime(at),
  ...other,
  people: people.map(({ person, why }) => ({
    id: person.id,
    name: displayNameOf(person),
    kind: person.kind,
    could: why === undefined,
    why,
  })),
});
