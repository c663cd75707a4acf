import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, invalidState, notMet, type Problem } from './problem-shape.ts';

/** What refusals of asking for a deletion, deciding it and carrying it out are on the wire: a part of the one table. */
export const DELETION_REFUSALS = {
  'dual-authorization-off': conflict(
    'NOT_DUAL_AUTH_ERR',
    'The key is not dual auth enabled and cannot be set for deletion',
  ),
  'dual-authorization-irrevocable': invalidState(
    'Key is not in a valid state: a dual-authorization policy is not taken off a key',
  ),
  'approver-missing': conflict(
    'APPROVER_MISSING_ERR',
    'Nobody could give the second authorization. Add another Manager to the instance, then set the key for deletion',
  ),
  'nothing-pending': notMet(
    '1 prior authorization(s) are required for deletion. Somebody sets the key for deletion, then a different Manager deletes it',
  ),
  'window-closed': notMet(
    '1 prior authorization(s) are required for deletion: the time to approve is over. Set the key for deletion again',
  ),
  'own-request': notMet(
    'The second authorization must come from a different person than the one who set the key for deletion. Ask another Manager to delete it',
  ),
  'own-gain': notMet(
    'Nobody gives the second authorization to what lets themselves do more. Ask another Manager',
  ),
  'grant-too-young': notMet(
    'The second authorization must come from somebody who was a Manager before the key was set for deletion, for as long as the instance says, at the same address and with the same sign-in. Ask another Manager, or have the key set again later',
  ),
  'service-identity': notMet('The second authorization must come from a person, not from a service identity'),
  'requests-frozen': conflict(
    'REQUESTS_FROZEN_ERR',
    'A Manager did not expect a deletion that this person asked for, so nothing that they asked for counts. Another Manager looks into it and lifts that; then the deletion has to be asked for anew',
  ),
  'own-freeze': {
    status: 403,
    code: 'OWN_FREEZE_ERR',
    message: 'Nobody lifts the freeze of their own requests. Ask another Manager',
  },
  'credential-needed': {
    status: 403,
    code: 'CREDENTIAL_NEEDED_ERR',
    message: 'This instance takes an approval through a mailed link only with the API key of its person',
  },
  'other-person': {
    status: 403,
    code: 'OTHER_PERSON_ERR',
    message: 'The link was mailed to somebody else than the owner of the API key',
  },
  'manifest-needed': notMet(
    'This instance asks approvers to have seen what would be lost. Read the authorization and name its manifestDigest in the header x-countersign-manifest, or approve on the page behind the mailed link',
  ),
  'requester-gone': notMet(
    'Who set the key for deletion does not hold that role any more. Set the key for deletion again',
  ),
  'other-round': notMet(
    'The decision was made for another round of this authorization. Look at the current one and decide again',
  ),
  'already-decided': notMet('The authorization is decided already. Set the key for deletion again'),
  'deletion-under-way': invalidState(
    'Key is not in a valid state: its deletion is approved and being carried out',
  ),
  'loss-changed': notMet(
    'What would be lost has changed since it was authorized. The deletion has to be authorized again',
  ),
  'manifest-mismatch': notMet(
    'The decision names another manifest than the current one. Read what would be lost and decide again',
  ),
  'confirmation-mismatch': {
    status: 400,
    code: 'INVALID_FIELD_ERR',
    message: "The field `confirm` must be: the last six characters of the key's id",
    target: { type: 'field', name: 'confirm' },
  },
  'stopped-meanwhile': invalidState(
    'The deletion was withdrawn while this was being recorded. Set the key for deletion again, if it is still wanted',
  ),
  'repeated-request': invalidState('The key is set for deletion already'),
  'too-many-rounds': conflict(
    'REAUTHORIZATION_CLOSED_ERR',
    'This deletion has been asked for too often. Set the key for deletion again',
  ),
  'reauthorization-closed': conflict(
    'REAUTHORIZATION_CLOSED_ERR',
    'There is no authorization whose time has run out and that could be asked for again. Set the key for deletion',
  ),
  'retention-found': conflict(
    'PREV_KEY_DEL_ERR',
    'The key cannot be deleted: a resource that it protects has a retention policy. Force does not lift that',
  ),
  'resources-protected': {
    ...conflict(
      'PROTECTED_RESOURCE_ERR',
      'The key protects one or more cloud resources. Look at its registrations; to delete it all the same, repeat the request with `force=true`',
    ),
    target: { type: 'query_param', name: 'force' },
  },
} as const satisfies { readonly [code in RefusalCode]?: Problem };
