import * as z from 'zod';
import { KEY_TYPE, POLICY_TYPE } from './collection.ts';

/** The objects that answers hold, for those who read the documentation; a test finds the answers to be like them. */

const date = z.iso.datetime().meta({ description: 'UTC, whole seconds' });
const instant = z.iso.datetime().meta({ description: 'UTC, milliseconds' });
const uuid = z.uuid();

export const DUAL_AUTH_DELETE = z
  .object({
    enabled: z.boolean(),
    keySetForDeletion: z.boolean().optional(),
    authExpiration: date.optional().meta({ description: 'Until when somebody else can delete the key' }),
  })
  .meta({ id: 'DualAuthDelete' });

const ROTATION = z
  .object({ enabled: z.boolean(), interval_month: z.int().min(1).max(12).optional() })
  .meta({ id: 'Rotation', description: 'After so many months the key gets a new version by itself' });

const EXTERNAL = z
  .object({
    provider: z.string(),
    reference: z.string().meta({ description: 'Which key it is there' }),
    pendingWindowDays: z.int().optional(),
    destroyingSince: date.optional().meta({ description: 'Its deletion has begun there' }),
  })
  .meta({ id: 'External', description: 'Where the key lives, if it does not live here' });

export const KEY = z
  .object({
    type: z.literal(KEY_TYPE),
    id: uuid,
    name: z.string(),
    description: z.string().optional(),
    tags: z.array(z.string()).optional(),
    aliases: z.array(z.string()).optional(),
    state: z.int().min(0).max(5).meta({ description: '1 active, 2 suspended, 3 deactivated, 5 destroyed' }),
    extractable: z.boolean().meta({ description: 'true: a standard key; false: a root key' }),
    imported: z.boolean(),
    crn: z.string(),
    keyRingID: z.string(),
    expirationDate: date.optional(),
    creationDate: date.optional(),
    createdBy: z.string().optional(),
    lastUpdateDate: date.optional(),
    lastRotateDate: date.optional(),
    algorithmType: z.literal('Deprecated').optional(),
    algorithmMode: z.literal('Deprecated').optional(),
    algorithmBitSize: z.int().optional(),
    algorithmMetadata: z.object({ bitLength: z.string(), mode: z.literal('Deprecated') }).optional(),
    keyVersion: z.object({ id: uuid, creationDate: date.optional() }).optional(),
    dualAuthDelete: DUAL_AUTH_DELETE.optional(),
    rotation: ROTATION.optional(),
    external: EXTERNAL.optional(),
    deleted: z.boolean(),
    deletionDate: date.optional(),
    deletedBy: z.string().optional(),
    restoreAllowed: z.boolean().optional(),
    restoreExpirationDate: date.optional(),
    purgeAllowed: z.boolean().optional(),
    purgeAllowedFrom: date.optional(),
    purgeScheduledOn: date.optional(),
    payload: z.string().optional().meta({ description: 'The material in base64; of standard keys alone' }),
  })
  .meta({ id: 'Key' });

export const KEY_POLICY = z
  .object({
    type: z.literal(POLICY_TYPE),
    id: uuid,
    crn: z.string(),
    dualAuthDelete: z.object({ enabled: z.boolean() }).optional(),
    rotation: ROTATION.optional(),
    createdBy: z.string(),
    creationDate: date,
    updatedBy: z.string(),
    lastUpdateDate: date,
  })
  .meta({ id: 'KeyPolicy' });

export const INSTANCE_POLICY = z
  .object({
    policy_type: z.string(),
    policy_data: z.looseObject({ enabled: z.boolean() }),
    createdBy: z.string(),
    creationDate: date,
    updatedBy: z.string(),
    lastUpdated: date,
  })
  .meta({ id: 'InstancePolicy' });

const version = z.object({ id: uuid });

export const KEY_VERSION = z.object({ id: uuid, creationDate: date }).meta({ id: 'KeyVersion' });

export const WRAPPED = z
  .object({
    plaintext: z.string().optional().meta({ description: 'The data key that was made, when none was sent' }),
    ciphertext: z.string(),
    keyVersion: version,
  })
  .meta({ id: 'Wrapped' });

const REWRAPPED_BY = version.meta({ description: 'By which version `ciphertext` is wrapped' });

export const UNWRAPPED = z
  .object({
    plaintext: z.string(),
    keyVersion: version,
    ciphertext: z.string().optional().meta({
      description: 'The same by the newest version, to be kept in its place; when the key was rotated since',
    }),
    rewrappedKeyVersion: REWRAPPED_BY.optional(),
  })
  .meta({ id: 'Unwrapped' });

export const REWRAPPED = z
  .object({ ciphertext: z.string(), keyVersion: version, rewrappedKeyVersion: REWRAPPED_BY })
  .meta({ id: 'Rewrapped' });

export const PERSON = z
  .object({
    id: z.string(),
    kind: z.enum(['user', 'service']),
    email: z.string().optional().meta({ description: 'Of a user' }),
    name: z.string().optional().meta({ description: 'Of a service' }),
    owner: z.string().optional().meta({ description: 'Whose service it is: to every decision it is they' }),
    status: z.enum(['active', 'frozen', 'removed']),
    roles: z.array(z.string()).meta({ description: 'On the whole instance' }),
    claim: z
      .literal('mailed')
      .optional()
      .meta({ description: 'A link to an API key was mailed to them, and they have not used it yet' }),
    apiKeyShownIn: z.enum(['terminal', 'answer']).optional().meta({
      description: 'Where others could see their first API key; gone once they have claimed another one',
    }),
    signsInAs: z
      .object({ issuer: z.string(), subject: z.string(), since: instant.optional() })
      .optional()
      .meta({ description: 'Who the OIDC issuer says that they are' }),
    requestsFrozenAt: instant
      .optional()
      .meta({ description: 'Since when nothing that they ask for counts: a Manager did not expect it' }),
    grants: z
      .array(
        z.object({
          role: z.string(),
          key: z.string().optional(),
          keyRing: z.string().optional(),
          grantedAt: instant,
        }),
      )
      .optional()
      .meta({ description: 'On single keys and key rings' }),
  })
  .meta({ id: 'Person' });

export const AUTHORIZATION = z
  .looseObject({
    id: z.string(),
    status: z.string(),
    round: z.int(),
    requestedAt: instant,
    windowEndsAt: instant.optional(),
  })
  .meta({ id: 'Authorization', description: 'Times in UTC, with milliseconds' });

export const HISTORY = z
  .looseObject({
    key: KEY,
    authorizations: z.array(AUTHORIZATION),
    events: z.array(z.looseObject({ at: instant, action: z.string() })),
    mails: z.array(z.looseObject({})),
    openings: z.array(z.looseObject({ firstAt: instant, lastAt: instant, count: z.int() })),
    cursor: z.string().optional(),
  })
  .meta({ id: 'History' });

export const API_KEY = z
  .object({ id: z.string(), createdAt: instant, lastFour: z.string().optional() })
  .meta({ id: 'ApiKey' });
