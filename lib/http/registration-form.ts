import * as z from 'zod';
import { iamIdOf, type Person } from '../domain/person.ts';
import type { Registration, RegistrationInput } from '../domain/registration.ts';
import { toDate } from '../domain/time.ts';
import { fields } from './body.ts';
import { text } from './text.ts';

export const REGISTRATION_TYPE = 'application/vnd.ibm.kms.registration+json';

const RETENTION_RULE = 'true (the resource has a retention policy) or false';
const VERSION_RULE = "the id of one of the key's versions";

/** What a service tells of a resource. Key Protect's own form is internal to it; the names are those of its answers. */
export const REGISTRATION_INPUT = fields({
  type: z.string('a media type').optional(),
  description: text(1, 240).optional(),
  registrationMetadata: text(1, 512).optional(),
  preventKeyDeletion: z.boolean(RETENTION_RULE).optional(),
  keyVersion: fields({ id: z.string(VERSION_RULE).max(64, VERSION_RULE) }).optional(),
});

/** The members that were sent, and no others. */
export const inputOf = ({
  description,
  registrationMetadata,
  preventKeyDeletion,
  keyVersion,
}: z.infer<typeof REGISTRATION_INPUT>): RegistrationInput => ({
  ...(description !== undefined && { description }),
  ...(registrationMetadata !== undefined && { registrationMetadata }),
  ...(preventKeyDeletion !== undefined && { preventKeyDeletion }),
  ...(keyVersion !== undefined && { keyVersionId: keyVersion.id }),
});

const date = z.iso.datetime();

export const REGISTRATION_ANSWER = z
  .object({
    keyId: z.uuid(),
    keyName: z.string(),
    resourceCrn: z.string(),
    description: z.string().optional(),
    registrationMetadata: z.string().optional().meta({ description: 'For services alone' }),
    preventKeyDeletion: z.boolean().meta({ description: 'Whether the resource has a retention policy' }),
    keyVersion: z.object({ id: z.string(), creationDate: date }),
    createdBy: z.string(),
    creationDate: date,
    updatedBy: z.string(),
    lastUpdated: date,
  })
  .meta({ id: 'Registration' });

/** @param to a service sees its notes, nobody else does. */
export const registrationJson = (
  registration: Registration,
  to: Pick<Person, 'kind'>,
): z.infer<typeof REGISTRATION_ANSWER> => ({
  keyId: registration.keyId,
  keyName: registration.keyName,
  resourceCrn: registration.resourceCrn,
  ...(registration.description !== undefined && { description: registration.description }),
  ...(to.kind === 'service' &&
    registration.registrationMetadata !== undefined && {
      registrationMetadata: registration.registrationMetadata,
    }),
  preventKeyDeletion: registration.preventKeyDeletion,
  keyVersion: {
    id: registration.keyVersion.id,
    creationDate: toDate(registration.keyVersion.createdAt),
  },
  createdBy: iamIdOf(registration.createdBy),
  creationDate: toDate(registration.createdAt),
  updatedBy: iamIdOf(registration.updatedBy),
  lastUpdated: toDate(registration.updatedAt),
});
