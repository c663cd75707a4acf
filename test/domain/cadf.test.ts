import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AuditAction, type AuditEvent, COUNTERSIGN } from '../../lib/domain/audit.ts';
import { type CadfEvent, cadfEvent } from '../../lib/domain/cadf.ts';
import { TOLD } from '../../lib/domain/cadf-actions.ts';

const HASH = '349a836dec27d9459bc56842b70b007cf03b69aa2142988282ac5a2c1ce78964';
const SCOPE = 'crn:v1:bluemix:public:kms:local:a/countersign';

const event = (action: AuditAction, more: Partial<AuditEvent> = {}): AuditEvent => ({
  action,
  actor: 'countersign|CountersignId-will',
  outcome: 'success',
  sequence: 7,
  at: Date.UTC(2026, 2, 1, 12, 30, 15, 250),
  previousHash: 'ab',
  hash: HASH,
  ...more,
});

const told = (action: AuditAction, more: Partial<AuditEvent> = {}): CadfEvent =>
  cadfEvent(event(action, more), { instanceId: 'i-1', keyId: 'k-1', crnScope: SCOPE });

const ACTIONS = Object.keys(TOLD) as AuditAction[];

describe('an event as CADF has it', () => {
  test.each(ACTIONS)('of %s has what DSP0262 demands, whether it succeeded or failed', (action) => {
    for (const outcome of ['success', 'failure'] as const) {
      const { typeURI, eventType, eventTime, initiator, target, observer, ...cadf } = told(action, {
        outcome,
      });
      expect({ typeURI, eventType, eventTime }).toEqual({
        typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
        eventType: 'activity',
        eventTime: '2026-03-01T12:30:15.250Z',
      });
      expect(cadf).toMatchObject({ action, outcome });
      expect(cadf.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      for (const { id, typeURI: type } of [initiator, target, observer]) expect(id && type).toBeTruthy();
      expect(['normal', 'warning', 'critical']).toContain(cadf.severity);
      expect(cadf.reason.reasonCode).toBe(outcome === 'success' ? 200 : (failureOf(action) ?? 409));
    }
  });

  test('is the same each time, and another for another event', () => {
    expect(told('kms.secrets.delete')).toEqual(told('kms.secrets.delete'));
    expect(told('kms.secrets.delete', { hash: 'f'.repeat(64) }).id).not.toBe(told('kms.secrets.delete').id);
  });

  test('of a key names the key by its CRN, and of an instance the instance', () => {
    expect(told('kms.secrets.rotate').target).toEqual({ id: `${SCOPE}:i-1:key:k-1`, typeURI: 'kms/secrets' });
    const ofInstance = cadfEvent(event('countersign.people.add'), { instanceId: 'i-1', crnScope: SCOPE });
    expect(ofInstance.target).toEqual({ id: `${SCOPE}:i-1::`, typeURI: 'countersign/people' });
    expect(ofInstance.requestData).toEqual({ instanceID: 'i-1' });
  });

  test('of setting and unsetting a deletion has the authorization where Key Protect has it', () => {
    const authorized = { authorizationId: 'a-1', round: 1 };
    const data = { authExpiration: Date.UTC(2026, 2, 8), reason: 'moved' };
    expect(told('kms.secrets.setkeyfordeletion', { ...authorized, data })).toMatchObject({
      severity: 'warning',
      requestData: { instanceID: 'i-1', keyId: 'k-1', authorizationId: 'a-1', round: 1, reason: 'moved' },
      responseData: { newValue: { authID: 'a-1', authExpiration: '2026-03-08T00:00:00.000Z' } },
    });
    expect(told('kms.secrets.unsetkeyfordeletion', authorized).responseData).toEqual({
      initialValue: { authID: 'a-1' },
    });
  });

  test('of a deletion is critical with the state of the key, and a warning when its own requester tried it', () => {
    expect(told('kms.secrets.delete', { data: { keyState: 5 } })).toMatchObject({
      severity: 'critical',
      responseData: { keyState: 5 },
    });
    const refused = told('kms.secrets.delete', { outcome: 'failure', data: { reason: 'own-request' } });
    expect(refused).toMatchObject({
      severity: 'warning',
      reason: { reasonCode: 409, reasonType: 'Conflict', reasonForFailure: 'own-request' },
    });
  });

  test('of a key that was moved has both key rings, where Key Protect has them', () => {
    const data = { initialValueKeyRingId: 'default', newValueKeyRingId: 'payments' };
    expect(told('kms.secrets.patch', { data }).requestData).toMatchObject({
      initialValue: { keyRingId: 'default' },
      newValue: { keyRingId: 'payments' },
    });
  });

  test('names the service where no person acts, the request where there was one, and the place in the chain', () => {
    const cadf = told('countersign.authorization.lapse', { actor: COUNTERSIGN, correlationId: 'c-1' });
    expect(cadf.initiator.typeURI).toBe('service/security/countersign');
    expect(cadf.correlationId).toBe('c-1');
    expect(cadf.chain).toEqual({ sequence: 7, hash: HASH, previousHash: 'ab' });
    expect('correlationId' in told('kms.secrets.create')).toBe(false);
  });

  test.each(ACTIONS)('of %s is documented, with its severity', (action) => {
    const row = readFileSync('docs/siem.md', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`| \`${action}\``));
    expect(row?.split('|')[2]?.trim()).toBe(TOLD[action].severity);
  });
});

function failureOf(action: AuditAction): number | undefined {
  const row = TOLD[action];
  return 'failure' in row ? row.failure : undefined;
}
