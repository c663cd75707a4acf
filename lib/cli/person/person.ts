import * as z from 'zod';
import { CliError } from '../problem.ts';

const GRANT = z.looseObject({
  role: z.string(),
  key: z.string().optional(),
  keyRing: z.string().optional(),
});

/** Somebody as the server shows them. */
export const PERSON = z.looseObject({
  id: z.string(),
  kind: z.string().optional(),
  email: z.string().optional(),
  name: z.string().optional(),
  owner: z.string().optional(),
  status: z.string(),
  roles: z.array(z.string()),
  grants: z.array(GRANT).optional(),
  apiKey: z.string().optional(),
});
export type ShownPerson = z.infer<typeof PERSON>;

/** @throws CliError when the server does not answer as one. */
export function readPerson(answer: unknown): ShownPerson {
  const parsed = PERSON.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no person');
  return parsed.data;
}

export const nameOf = ({ email, name, id }: ShownPerson): string => email ?? name ?? id;

/** `Writer, Manager@key:<id>`. */
export const rolesOf = ({ roles, grants = [] }: ShownPerson): string =>
  [
    ...roles,
    ...grants.map(
      ({ role, key, keyRing }) => `${role}@${key === undefined ? `ring:${keyRing}` : `key:${key}`}`,
    ),
  ].join(', ') || 'no role';

/** Where the server has somebody. */
export const personPath = (emailOrId: string): string =>
  `countersign/v1/people/${encodeURIComponent(emailOrId)}`;
