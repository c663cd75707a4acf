import type { Role } from '../domain/person.ts';

/** One `--manager EMAIL`, in the order of the command line. */
export interface Grant {
  readonly email: string;
  readonly role: Role;
}

export interface NewPerson {
  readonly email: string;
  /** In the order of the command line, each once. */
  readonly roles: readonly Role[];
}

/** One address under two roles is one person. */
export function peopleOf(grants: readonly Grant[]): readonly NewPerson[] {
  const people = new Map<string, { email: string; roles: Role[] }>();
  for (const { email, role } of grants) {
    const person = people.get(email.toLowerCase()) ?? { email, roles: [] };
    if (!person.roles.includes(role)) person.roles.push(role);
    people.set(email.toLowerCase(), person);
  }
  return [...people.values()];
}

/** Why an instance could not be made, in one line that says what to give. */
export function explained({
  code,
  detail,
}: {
  readonly code: string;
  readonly detail?: string | undefined;
}): string {
  switch (code) {
    case 'approver-missing':
      return `dual authorization needs two Managers: give --manager twice, or --dual-authorization off (${code})`;
    case 'last-managers':
      return `an instance needs a Manager: give --manager (${code})`;
    case 'person-exists':
      return `two of the addresses are one person's (${code})`;
    default:
      return `refused: ${detail ?? code} (${code})`;
  }
}
