import * as z from 'zod';
import { CursorError } from '../domain/errors.ts';
import { isPeopleMail } from '../operations/records/mail.ts';
import { listUndelivered, resendMail, type UndeliveredMail } from '../operations/undelivered-mails.ts';
import { isoTime } from './authorization.ts';
import { invalidQuery } from './bad-request.ts';
import { answer, type Endpoint, endpoint, NO_CONTENT, ok } from './endpoint.ts';
import { choice, freeText, integer } from './query.ts';

/** Opaque; the store's are of a few hundred characters. */
const LONGEST_CURSOR = 2_000;

const instant = z.iso.datetime();

const UNDELIVERED_MAIL = z
  .object({
    id: z.string(),
    template: z.string(),
    to: z.string().optional(),
    status: z.enum(['due', 'given-up']),
    attempts: z.int(),
    problem: z.string().optional(),
    createdAt: instant,
    nextAttemptAt: instant.optional(),
    keyId: z.string().optional(),
    authorizationId: z.string().optional(),
    round: z.int().optional(),
  })
  .meta({ id: 'UndeliveredMail' });

/** Mails that could not be delivered. */
export const MAILS: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/countersign/v1/mails',
    operation: 'manageMails',
    failure: 'Mails could not be retrieved',
    id: 'listMails',
    summary: 'List the mails that could not be delivered, the newest first',
    tag: 'People',
    query: {
      status: choice(['due', 'given-up']).meta({
        description: 'due: tried, and going to be tried again; given-up (the default): not tried any more',
      }),
      limit: integer({ least: 1, most: 1_000, fallback: 100 }),
      after: freeText(LONGEST_CURSOR).meta({ description: 'The `cursor` of the page before' }),
    },
    answers: {
      200: {
        what: 'The mails, without their contents',
        schema: z.object({ mails: z.array(UNDELIVERED_MAIL), cursor: z.string().optional() }),
      },
    },
    handle: async ({ context, caller, query: { status = 'given-up', limit, after } }) => {
      const page = { status, limit, ...(after !== undefined && { after }) };
      const listed = await listUndelivered(context, caller, page).catch((error: unknown) => {
        if (!(error instanceof CursorError)) throw error;
        throw invalidQuery('after', 'the `cursor` of the page before');
      });
      return answer(listed, ({ mails, cursor }) =>
        ok({ mails: mails.map(mailJson), ...(cursor !== undefined && { cursor }) }),
      );
    },
  }),
  endpoint({
    method: 'POST',
    path: '/countersign/v1/mails/:id/resend',
    operation: 'manageMails',
    failure: 'Mail could not be sent again',
    id: 'resendMail',
    summary: 'Have an undelivered mail tried again within a minute',
    tag: 'People',
    refusals: ['mail-not-found', 'link-not-kept'],
    answers: { 204: { what: 'It is tried again' } },
    handle: async ({ context, caller, request }) =>
      answer(await resendMail(context, caller, request.param('id') ?? ''), () => NO_CONTENT),
  }),
];

const mailJson = ({ id, to, row }: UndeliveredMail): object => ({
  id,
  template: row.template,
  to,
  status: row.status,
  attempts: row.attempts,
  problem: row.problem,
  createdAt: isoTime(row.createdAt),
  ...(row.status === 'due' && { nextAttemptAt: isoTime(row.notBefore) }),
  ...(!isPeopleMail(row) && {
    keyId: row.keyId,
    authorizationId: row.authorizationId,
    round: row.round,
  }),
});
