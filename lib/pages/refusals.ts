import { CONFIRMATION_LENGTH } from '../domain/key.ts';
import type { RefusalCode } from '../domain/refusal.ts';

/** What a person is told about a decision that was not taken. */
export interface Problem {
  readonly status: 403 | 409 | 410 | 422;
  readonly message: string;
  /** The form's field that is to be mended. */
  readonly field?: string;
}

const PROBLEMS: { readonly [code in RefusalCode]?: Problem } = {
  'confirmation-mismatch': {
    status: 422,
    message: `These are not the last ${CONFIRMATION_LENGTH} characters of the key id. Nothing was changed.`,
    field: 'confirm',
  },
  'access-denied': { status: 403, message: 'You may not decide this, or not any more.' },
  'own-request': {
    status: 403,
    message: 'You asked for this deletion yourself. Somebody else must approve it.',
  },
  'grant-too-young': {
    status: 403,
    message:
      'You became Manager, or your address was changed, after this was asked for or too shortly before; or what you sign in with was. Another Manager must decide.',
  },
  'service-identity': { status: 403, message: 'A service cannot approve. A person must.' },
  'requests-frozen': {
    status: 409,
    message:
      'A Manager did not expect a deletion that this person asked for, so nothing that they asked for before can go on.',
  },
  'credential-needed': {
    status: 403,
    message: 'Approving needs your API key here, and this one is not valid. Nothing was changed.',
    field: 'apiKey',
  },
  'other-person': {
    status: 403,
    message:
      'This API key belongs to somebody else than the person that the link was mailed to. Nothing was changed, and the attempt was recorded.',
    field: 'apiKey',
  },
  'requester-gone': {
    status: 409,
    message:
      'Whoever asked for this does not hold the role any more that they asked with. It cannot be approved.',
  },
  'already-decided': {
    status: 409,
    message: 'This was decided before. Your decision came after it and changed nothing.',
  },
  'deletion-under-way': { status: 409, message: 'This is approved already and being carried out.' },
  'nothing-pending': { status: 409, message: 'Nothing waits for a decision here any more.' },
  'key-destroyed': { status: 409, message: 'The key is destroyed already.' },
  'key-not-active': { status: 409, message: 'The key is in a state in which this cannot be done.' },
  'window-closed': { status: 410, message: 'The time in which this could be approved is over.' },
  'other-round': {
    status: 409,
    message: 'This was asked for again since you opened the page. Look at it anew.',
  },
  'loss-changed': {
    status: 409,
    message: 'What would be lost with the key has changed since this was asked for. Nothing was deleted.',
  },
  'manifest-mismatch': {
    status: 409,
    message: 'What you were shown is no longer what would be lost. Look at it anew. Nothing was changed.',
  },
  'resources-protected': {
    status: 422,
    message:
      'Resources are registered with the key, and you have not said that it is to be destroyed all the same. Nothing was changed.',
    field: 'force',
  },
  'retention-found': {
    status: 409,
    message:
      'A resource that the key protects has a retention policy, so the key cannot be deleted. Nothing was changed.',
  },
  'reauthorization-closed': {
    status: 410,
    message: 'The time in which this could be asked for again is over.',
  },
  'too-many-rounds': { status: 409, message: 'This was asked for too often. Authorize the deletion afresh.' },
  'stopped-meanwhile': { status: 409, message: 'Somebody withdrew the request at the same moment.' },
  'not-carried-out': { status: 409, message: 'You approved it, but it could not be carried out.' },
  'approver-missing': {
    status: 409,
    message: 'There is nobody who could approve it. Add a second Manager first.',
  },
  'window-unusable': {
    status: 409,
    message:
      'The instance has a window in which nothing can be decided. A Manager must set it before this is asked for again.',
  },
};

const OTHERWISE: Problem = {
  status: 409,
  message: 'Others were changing this at the same moment. Nothing was changed by you; try again.',
};

/** What people are told of a refusal, where it has words of its own here. */
export const wordsOf = (code: RefusalCode): Problem | undefined => PROBLEMS[code];

/** Why a decision was not taken, in words. */
export const problemOf = (code: RefusalCode): Problem => PROBLEMS[code] ?? OTHERWISE;

/** A missing API key, a wrong one, and one of somebody without the role, all alike. */
export const API_KEY_REFUSED: Problem = {
  status: 403,
  message: 'This API key is not valid here, or its owner may not ask for deletions. Nothing was changed.',
  field: 'apiKey',
};
