import * as z from 'zod';
import { CHANGE_STATUSES, type ChangeRequest, type ChangeStatus } from '../domain/change-request.ts';
import type { ChangeRequestView } from '../operations/change-requests.ts';
import { isoTime } from './authorization.ts';
import { text } from './text.ts';

const instant = z.iso.datetime().meta({ description: 'UTC, milliseconds' });

export const CHANGE_REQUEST = z
  .object({
    id: z.uuid(),
    kind: z.enum(['person', 'settings']),
    status: z.enum(CHANGE_STATUSES),
    subject: z
      .string()
      .meta({ description: 'Whom or what it is about: an address, a service’s name, the instance’s name' }),
    person: z.string().optional().meta({ description: 'The id of whom it is about' }),
    changes: z
      .array(z.object({ name: z.string(), before: z.string(), after: z.string() }))
      .meta({ description: 'What becomes different, for people' }),
    digest: z.string().meta({
      description: 'Of what is asked for and of what is there: an approval names it, and is bound to it',
    }),
    reason: z.string().optional(),
    requestedBy: z.string(),
    requestedAt: instant,
    windowEndsAt: instant.meta({ description: 'From then on it cannot be approved any more' }),
    endedAt: instant.optional(),
    endedBy: z.string().optional(),
    note: z.string().optional(),
    unexpected: z.literal(true).optional(),
    names: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Addresses, or names of services, of the ids in it' }),
    whyNotYou: z.string().optional().meta({
      description: 'Of a pending one: why you cannot approve it. Absent: you can',
    }),
  })
  .meta({ id: 'ChangeRequest' });

/** The member of an answer that says that nothing is changed yet. */
export const WAITS = {
  changeRequest: CHANGE_REQUEST.optional().meta({
    description: 'What a second Manager has to approve first',
  }),
};

/** The member of an answer that says that a second Manager was not asked. */
export const EXEMPT = {
  exempt: z.literal('trial').optional().meta({
    description: 'It took effect at once because this is a trial; afterwards it needs a second Manager',
  }),
};

export const reason = text(1, 500).optional().meta({
  description: 'Why, for the Manager who decides about it, and for the history',
});

/** Its times in ISO 8601. */
export const changeJson = (request: ChangeRequest, status: ChangeStatus = request.status): object => {
  const { id, change, subject, differences, digest, requester, requestedAt, windowEndsAt } = request;
  return {
    id,
    kind: change.kind,
    status,
    subject,
    ...(change.kind === 'person' && { person: change.person }),
    changes: differences,
    digest,
    ...(request.reason !== undefined && { reason: request.reason }),
    requestedBy: requester,
    requestedAt: isoTime(requestedAt),
    windowEndsAt: isoTime(windowEndsAt),
    ...(request.status !== 'pending' && {
      endedAt: isoTime(request.endedAt),
      ...(request.endedBy !== undefined && { endedBy: request.endedBy }),
      ...(request.note !== undefined && { note: request.note }),
      ...(request.unexpected === true && { unexpected: true }),
    }),
  };
};

export const changeViewJson = ({ request, status, names, whyNotYou }: ChangeRequestView): object => ({
  ...changeJson(request, status),
  names,
  ...(whyNotYou !== undefined && { whyNotYou }),
});

interface Outcome {
  readonly waits?: ChangeRequest;
  readonly exempt?: 'trial';
}

/** What an answer says beside what is there now. */
export const outcomeJson = ({ waits, exempt }: Outcome): object => ({
  ...(waits !== undefined && { changeRequest: changeJson(waits) }),
  ...(exempt !== undefined && { exempt }),
});
