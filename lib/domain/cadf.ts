import { type AuditEvent, COUNTERSIGN } from './audit.ts';
import { type Severity, TOLD, type Told } from './cadf-actions.ts';
import { keyCrn } from './key.ts';
import { iamIdOf } from './person.ts';

/** What an event is about: a key, or an instance where there is no `keyId`. */
export interface CadfSubject {
  readonly instanceId: string;
  readonly keyId?: string;
  /** `settings.crnScope`: what every CRN of this installation begins with. */
  readonly crnScope: string;
}

interface Resource {
  readonly id: string;
  readonly typeURI: string;
  readonly name?: string;
}

type Data = { readonly [name: string]: unknown };

/**
 * An event as CADF has it (DMTF DSP0262 1.0.0, section 6), with the fields outside of the model that Key Protect's
 * activity tracking events have (docs: at-events): `message`, `severity` by its words, `reason.reasonCode`,
 * `requestData`, `responseData`, `correlationId`. `chain` is Countersign's: where the event is in the evidence.
 */
export interface CadfEvent {
  readonly typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event';
  /** A UUID (version 8, RFC 9562) made of the event's hash: the same whenever and wherever it is delivered. */
  readonly id: string;
  readonly eventType: 'activity';
  /** ISO 8601, UTC, with milliseconds. */
  readonly eventTime: string;
  readonly action: string;
  readonly outcome: 'success' | 'failure';
  readonly severity: Severity;
  readonly reason: {
    readonly reasonCode: number;
    readonly reasonType: string;
    readonly reasonForFailure?: string;
  };
  readonly message: string;
  readonly initiator: Resource;
  readonly target: Resource;
  readonly observer: Resource;
  /** The API request that the event comes from, where it comes from one: the `correlation-id` of its answer. */
  readonly correlationId?: string;
  readonly requestData: Data;
  readonly responseData?: Data;
  readonly chain: {
    readonly sequence: number;
    readonly hash: string;
    readonly previousHash: string;
  };
}

/**
 * The CADF event that stands for an audit event. Pure, and total over every action: it needs no feed and no store.
 * The same event gives the same answer, so that what is delivered twice can be told by its `id`.
 */
export function cadfEvent(event: AuditEvent, subject: CadfSubject): CadfEvent {
  const { action, actor, outcome, at, sequence, hash, previousHash, correlationId } = event;
  const told: Told = TOLD[action];
  const status = outcome === 'success' ? 200 : (told.failure ?? 409);
  const reasonForFailure = outcome === 'failure' ? event.data?.reason : undefined;
  const { requestData, responseData } = dataOf(event, told, subject);
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: uuidOf(hash),
    eventType: 'activity',
    eventTime: new Date(at).toISOString(),
    action,
    outcome,
    severity: status === 200 ? told.severity : SEVERITY_OF[status],
    reason: {
      reasonCode: status,
      reasonType: REASON_TYPE[status],
      ...(reasonForFailure !== undefined && { reasonForFailure: String(reasonForFailure) }),
    },
    message: `Countersign: ${told.says}${outcome === 'failure' ? ' - failure' : ''}`,
    initiator: initiatorOf(actor),
    target: { id: crnOf(subject), typeURI: typeOf(action) },
    observer: {
      id: crnOf({ instanceId: subject.instanceId, crnScope: subject.crnScope }),
      typeURI: 'service/security/countersign',
      name: 'Countersign',
    },
    ...(correlationId !== undefined && { correlationId }),
    requestData,
    ...(responseData !== undefined && { responseData }),
    chain: { sequence, hash, previousHash },
  };
}

/** Key Protect: a refused access is critical, a conflict a warning, whatever was asked (docs: at-events). */
const SEVERITY_OF = { 401: 'critical', 409: 'warning' } as const;
const REASON_TYPE = { 200: 'OK', 401: 'Unauthorized', 409: 'Conflict' } as const;

/** Who acts where no person does is the service itself. */
const initiatorOf = (actor: string): Resource =>
  actor === COUNTERSIGN
    ? { id: actor, typeURI: 'service/security/countersign', name: 'Countersign' }
    : { id: iamIdOf(actor), typeURI: 'service/security/account/user' };

const crnOf = ({ instanceId, keyId, crnScope }: CadfSubject): string =>
  keyId === undefined ? `${crnScope}:${instanceId}::` : keyCrn({ id: keyId, instanceId }, crnScope);

/** `kms.secrets.delete` is about `kms/secrets`, as Key Protect has it. */
const typeOf = (action: string): string => action.split('.').slice(0, -1).join('/');

/** In the order of the event's own members, names as Key Protect has them; a time is in ISO 8601. */
function dataOf({ authorizationId, round, data = {} }: AuditEvent, told: Told, subject: CadfSubject) {
  const { instanceId, keyId } = subject;
  const { initialValueKeyRingId, newValueKeyRingId, authExpiration, reason, ...others } = data;
  const isResponse = (name: string): boolean => told.response?.includes(name) === true;
  const named = Object.entries(others).filter(([, value]) => value !== undefined);
  const as = told.authorizationAs;
  const responseData = {
    ...Object.fromEntries(named.filter(([name]) => isResponse(name))),
    ...(as !== undefined &&
      authorizationId !== undefined && { [as]: authorizationData(authorizationId, authExpiration) }),
  };
  const requestData = {
    instanceID: instanceId,
    ...(keyId !== undefined && { keyId }),
    ...(authorizationId !== undefined && { authorizationId }),
    ...(round !== undefined && { round }),
    ...(reason !== undefined && { reason }),
    ...(initialValueKeyRingId !== undefined && { initialValue: { keyRingId: initialValueKeyRingId } }),
    ...(newValueKeyRingId !== undefined && { newValue: { keyRingId: newValueKeyRingId } }),
    ...Object.fromEntries(named.filter(([name]) => !isResponse(name))),
  };
  return Object.keys(responseData).length > 0 ? { requestData, responseData } : { requestData };
}

const authorizationData = (authID: string, expiration: unknown): Data => ({
  authID,
  ...(typeof expiration === 'number' && { authExpiration: new Date(expiration).toISOString() }),
});

/** The first 122 bits of a SHA-256, in the form of a UUID. */
function uuidOf(hash: string): string {
  const variant = ((Number.parseInt(hash[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}
