import { describe, expect, test } from 'vitest';
import { errorEnvelope, problemOf, REFUSALS } from '../../lib/http/problem.ts';

describe('the table of refusals', () => {
  test('sends a conflict as 5xx only where repeating helps, and says when', () => {
    for (const [code, { status, headers }] of Object.entries(REFUSALS)) {
      const repeatable = code === 'still-working' || code === 'conflict';
      expect([code, status >= 500]).toEqual([code, repeatable]);
      expect([code, headers?.['retry-after'] !== undefined]).toEqual([code, repeatable]);
    }
  });

  test('gives everything a reason code but a missing role, which Key Protect gives none', () => {
    for (const [code, problem] of Object.entries(REFUSALS)) {
      expect([code, problem.code === undefined]).toEqual([code, code === 'access-denied']);
      expect(problem.message).toMatch(/^(?=.{10,}$).*[^.]$/);
    }
  });

  test('has Key Protect’s codes where it has one', () => {
    const wire = Object.entries(REFUSALS).map(
      ([code, { status, code: reason }]) => `${code} ${status} ${reason}`,
    );
    expect(wire).toEqual(
      expect.arrayContaining([
        'key-not-found 404 KEY_NOT_FOUND_ERR',
        'key-destroyed 410 KEY_DELETED_ERR',
        'key-not-active 409 KEY_ACTION_INVALID_STATE_ERR',
        'key-not-root 400 KEY_ROOT_REQ_ERR',
        'ciphertext-unusable 422 UNPROCESSABLE_CIPHERTEXT_ERR',
        'dual-authorization-off 409 NOT_DUAL_AUTH_ERR',
        'dual-authorization-irrevocable 409 KEY_ACTION_INVALID_STATE_ERR',
        'approver-missing 409 APPROVER_MISSING_ERR',
        'nothing-pending 409 AUTHORIZATIONS_NOT_MET',
        'window-closed 409 AUTHORIZATIONS_NOT_MET',
        'own-request 409 AUTHORIZATIONS_NOT_MET',
        'loss-changed 409 AUTHORIZATIONS_NOT_MET',
        'manifest-mismatch 409 AUTHORIZATIONS_NOT_MET',
        'service-identity 409 AUTHORIZATIONS_NOT_MET',
        'deletion-under-way 409 KEY_ACTION_INVALID_STATE_ERR',
      ]),
    );
  });
});

test('a rule’s own words take the place of the table’s', () => {
  const problem = problemOf({ code: 'loss-changed', detail: 'A version was added.' });
  expect(problem).toMatchObject({
    status: 409,
    code: 'AUTHORIZATIONS_NOT_MET',
    message: 'A version was added.',
  });
  expect(errorEnvelope(problem, 'Key could not be deleted')).toEqual({
    metadata: { collectionType: 'application/vnd.ibm.kms.error+json', collectionTotal: 1 },
    resources: [
      {
        errorMsg: 'Conflict: Key could not be deleted: A version was added (AUTHORIZATIONS_NOT_MET)',
        reasons: [
          {
            code: 'AUTHORIZATIONS_NOT_MET',
            message: 'A version was added',
            status: 409,
            moreInfo: 'https://cloud.ibm.com/apidocs/key-protect',
          },
        ],
      },
    ],
  });
});
