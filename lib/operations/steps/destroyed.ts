import type { In } from '../../domain/authorization.ts';
import { DESTROYED } from '../../domain/key.ts';
import type { Person } from '../../domain/person.ts';
import { outcomeMails } from '../mails.ts';
import type { Transition } from '../transition.ts';

/** What every destruction writes, wherever the key has lived: its event, its mails, and the key's state. */
export function destroyed(
  after: In<'consumed'>,
  people: readonly Person[],
): Pick<Transition, 'event' | 'mails'> & { readonly nextKey: NonNullable<Transition['nextKey']> } {
  const { endedAt, approver, requester } = after;
  return {
    event: {
      action: 'kms.secrets.delete',
      actor: approver,
      outcome: 'success',
      data: {
        keyState: DESTROYED,
        requester,
        lossDigest: after.lossDigest,
        decidedThrough: after.decidedThrough,
        force: after.force,
        registrations: after.manifest.registrations?.total,
      },
    },
    mails: outcomeMails('key-destroyed', after, people),
    nextKey: {
      state: DESTROYED,
      deletedAt: endedAt,
      deletedBy: approver,
      updatedAt: endedAt,
      actedAt: endedAt,
    },
  };
}
