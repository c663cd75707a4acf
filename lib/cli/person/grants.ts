import { InvalidArgumentError } from 'commander';
import { ROLES, type Role } from '../../domain/person.ts';

/** A role on the instance, on one key ring, or on one key by its id or alias. */
export interface Grant {
  readonly role: Role;
  readonly keyRing?: string;
  readonly key?: string;
}

export const GRANT_HELP = `${ROLES.join(', ')}; on a part of the instance as ROLE@ring:ID or ROLE@key:ID`;

/** Reads `Manager`, `Manager@ring:<id>` or `Manager@key:<id or alias>`, after those that came before. */
export function parseGrant(text: string, before: readonly Grant[] = []): readonly Grant[] {
  const [, name = '', kind, part = ''] = /^([^@]+)(?:@(ring|key):(.+))?$/i.exec(text) ?? [];
  const role = ROLES.find((known) => known.toLowerCase() === name.toLowerCase());
  if (role === undefined) throw new InvalidArgumentError(`It must be ${GRANT_HELP}.`);
  if (kind === undefined) return [...before, { role }];
  return [...before, kind.toLowerCase() === 'key' ? { role, key: part } : { role, keyRing: part }];
}

/** As the server takes a new person's: the roles on the instance, each once, and the others. */
export function sortedGrants(grants: readonly Grant[]): {
  readonly roles?: readonly Role[];
  readonly grants?: readonly Grant[];
} {
  const isNarrow = ({ key, keyRing }: Grant): boolean => key !== undefined || keyRing !== undefined;
  const roles = [...new Set(grants.filter((grant) => !isNarrow(grant)).map(({ role }) => role))];
  const narrow = grants.filter(isNarrow);
  return { ...(roles.length > 0 && { roles }), ...(narrow.length > 0 && { grants: narrow }) };
}
