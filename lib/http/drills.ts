import * as z from 'zod';
import {
  DEFAULT_DRILL,
  type Drill,
  type DrillParticipant,
  LONGEST_DRILL,
  resultOf,
  SHORTEST_DRILL,
} from '../domain/drill.ts';
import { CursorError } from '../domain/errors.ts';
import { parseDuration } from '../domain/time.ts';
import { confirmDrillAs } from '../operations/confirm-drill.ts';
import { listDrills, readDrill, startDrill } from '../operations/drills.ts';
import { isoTime } from './authorization.ts';
import { invalidQuery } from './bad-request.ts';
import { fields } from './body.ts';
import { objectBody, optionalBody } from './describe.ts';
import { answer, type Endpoint, endpoint, ok } from './endpoint.ts';
import { freeText, integer } from './query.ts';

/** Opaque; the store's are of a few hundred characters. */
const LONGEST_CURSOR = 2_000;

const instant = z.iso.datetime();

const PARTICIPANT = z
  .object({
    personId: z.string(),
    email: z.string(),
    result: z
      .enum(['waiting', 'ready', 'not-able', 'silent', 'not-reached'])
      .meta({ description: 'not-able: confirmed, but could not have approved a deletion at that moment' }),
    confirmedAt: instant.optional(),
    through: z.enum(['link', 'api', 'console']).optional(),
    withCredential: z.boolean().optional(),
  })
  .meta({ id: 'DrillParticipant' });

const DRILL = z
  .object({
    id: z.string(),
    status: z.enum(['open', 'ended']),
    keyId: z.string().meta({ description: 'Of the key that was made for it, which has no material' }),
    keyName: z.string(),
    startedAt: instant,
    startedBy: z.string(),
    endsAt: instant,
    endedAt: instant.optional(),
    participants: z.array(PARTICIPANT),
  })
  .meta({ id: 'Drill' });

const DURATION_RULE = 'an ISO 8601 duration from PT1H to P20D, like P7D';
const duration = z
  .string(DURATION_RULE)
  .max(40, DURATION_RULE)
  .refine((text) => {
    const seconds = parseDuration(text) ?? 0;
    return seconds >= SHORTEST_DRILL && seconds <= LONGEST_DRILL;
  }, DURATION_RULE)
  .meta({ description: 'How long people have to confirm; P7D by default' });

const CONFIRM_RULE = 'the last six characters of the key’s id';
const CONFIRMATION = fields({ confirm: z.string(CONFIRM_RULE).max(100, CONFIRM_RULE) });

const ONE = { 200: { what: 'The drill', schema: DRILL } };

/** Whether the Managers can still approve: asked of them all, and told to them all. */
export const DRILLS: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/countersign/v1/drills',
    operation: 'startDrill',
    failure: 'Drill could not be started',
    id: 'startDrill',
    summary: 'Ask every Manager by mail to confirm that they can still approve',
    tag: 'Drills',
    body: optionalBody(fields({ duration: duration.optional() })),
    refusals: ['drill-under-way'],
    answers: { 201: { what: 'The drill; the mails are on their way', schema: DRILL } },
    handle: async ({ context, caller, body }) => {
      const seconds = body.duration === undefined ? undefined : parseDuration(body.duration);
      const started = await startDrill(context, caller, seconds ?? DEFAULT_DRILL);
      return answer(started, (drill) => ({ status: 201, body: drillJson(drill) }));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/countersign/v1/drills',
    operation: 'readDrills',
    failure: 'Drills could not be retrieved',
    id: 'listDrills',
    summary: 'List the drills of the instance, the newest first',
    tag: 'Drills',
    query: {
      limit: integer({ least: 1, most: 1_000, fallback: 100 }),
      after: freeText(LONGEST_CURSOR).meta({ description: 'The `cursor` of the page before' }),
    },
    answers: {
      200: {
        what: 'The drills',
        schema: z.object({ drills: z.array(DRILL), cursor: z.string().optional() }),
      },
    },
    handle: async ({ context, caller, query: { limit, after } }) => {
      const page = { limit, ...(after !== undefined && { after }) };
      const listed = await listDrills(context, caller, page).catch((error: unknown) => {
        if (!(error instanceof CursorError)) throw error;
        throw invalidQuery('after', 'the `cursor` of the page before');
      });
      return answer(listed, ({ drills, cursor }) =>
        ok({ drills: drills.map(drillJson), ...(cursor !== undefined && { cursor }) }),
      );
    },
  }),
  endpoint({
    method: 'GET',
    path: '/countersign/v1/drills/:drill',
    operation: 'readDrills',
    failure: 'Drill could not be retrieved',
    id: 'getDrill',
    summary: 'Read a drill, by its id or as `latest`: who has confirmed, and who has not',
    tag: 'Drills',
    refusals: ['drill-not-found'],
    answers: ONE,
    handle: async ({ context, caller, request }) =>
      answer(await readDrill(context, caller, request.param('drill') ?? ''), (drill) => ok(drillJson(drill))),
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/drills/:drill/confirm',
    operation: 'confirmDrill',
    failure: 'Drill could not be confirmed',
    id: 'confirmDrill',
    summary: 'Confirm that you can approve, with your own credential',
    tag: 'Drills',
    body: objectBody(CONFIRMATION),
    refusals: ['drill-not-found', 'drill-ended', 'drill-not-asked', 'confirmation-mismatch'],
    answers: ONE,
    handle: async ({ context, caller, request, body: { confirm } }) => {
      const which = { id: request.param('drill') ?? '', confirm, through: 'api' } as const;
      return answer(await confirmDrillAs(context, caller, which), (drill) => ok(drillJson(drill)));
    },
  }),
];

const drillJson = (drill: Drill): object => ({
  id: drill.id,
  status: drill.status,
  keyId: drill.keyId,
  keyName: drill.keyName,
  startedAt: isoTime(drill.startedAt),
  startedBy: drill.startedBy,
  endsAt: isoTime(drill.endsAt),
  ...(drill.status === 'ended' && { endedAt: isoTime(drill.endedAt) }),
  participants: drill.participants.map((one) => participantJson(one, drill.status)),
});

/** While it is open, whoever has not answered may still do so. */
function participantJson(one: DrillParticipant, status: Drill['status']): object {
  const { personId, email, confirmation } = one;
  const result = resultOf(one);
  if (confirmation === undefined) return { personId, email, result: status === 'open' ? 'waiting' : result };
  const { at, through, withCredential } = confirmation;
  return { personId, email, result, confirmedAt: isoTime(at), through, withCredential };
}
