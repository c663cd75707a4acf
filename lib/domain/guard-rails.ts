import type { InstanceSettings } from './instance-settings.ts';
import { type Grant, grantsOf, type Person, type Role } from './person.ts';
import { grantName, newGrants } from './person-change.ts';

/** Which way a setting can be changed so that it needs a second Manager; the other way, one is enough. */
export type Weakens = 'either way' | 'made shorter' | 'turned on' | 'turned off' | 'never';

/**
 * The guard rails among the settings (docs/guard-rails.md). A window is one either way: a short one hurries whoever
 * approves, a long one keeps a request open until somebody forgets what it was. The policies of the instance are Key
 * Protect's calls and keep its semantics: one Manager sets them, and every Manager is mailed.
 */
export const WEAKENS: { readonly [setting in keyof InstanceSettings]: Weakens } = {
  name: 'never',
  authorizationWindow: 'either way',
  reauthorizationWindow: 'either way',
  restoreWindow: 'made shorter',
  serviceApprovals: 'turned on',
  approvalNeedsCredential: 'turned off',
  approvalNeedsManifest: 'turned off',
  // It can only be ended, and then these rules begin to count.
  trial: 'never',
};

/** Whether any of what becomes different needs a second Manager. */
export const settingsNeedTwo = (before: InstanceSettings, next: Partial<InstanceSettings>): boolean =>
  (Object.keys(next) as (keyof InstanceSettings)[]).some((name) =>
    weakens(WEAKENS[name], before[name], next[name]),
  );

function weakens(how: Weakens, before: unknown, after: unknown): boolean {
  if (before === after || after === undefined) return false;
  switch (how) {
    case 'either way':
      return true;
    case 'made shorter':
      return Number(after) < Number(before);
    case 'turned on':
      return after === true;
    case 'turned off':
      return after === false;
    case 'never':
      return false;
    default:
      return how satisfies never;
  }
}

/**
 * Whether a role is given by two people alone. A Manager is a second person; KeyPurge shreds four hours after a deletion what
 * could else be restored for the whole restore window, and so makes that shorter.
 */
export const isGuardedRole = (role: Role): boolean => role === 'Manager' || role === 'KeyPurge';

/**
 * Whether a change of somebody needs a second Manager: they get a guarded role on more than they had it on, or somebody with
 * one acts again who was frozen, or their address changes (whoever has it is mailed their links and API keys, so that
 * choosing it is choosing who they are). Taking away, freezing and removing are one person's, always.
 * @param services theirs: what these may do, their owner may have them do.
 */
export function personNeedsTwo(before: Person, after: Person, services: readonly Person[] = []): boolean {
  if (holdsMore(before, after)) return true;
  const isGuarded = [after, ...services.filter(({ status }) => status !== 'removed')].some(
    (one) => guardedGrantsOf(one).length > 0,
  );
  const actsAgain = before.status !== 'active' && after.status === 'active';
  return isGuarded && (actsAgain || before.email !== after.email);
}

/** Whoever has a role on the whole instance has it on every part of it. */
function holdsMore(before: Person, after: Person): boolean {
  const had = new Set(guardedGrantsOf(before).map(grantName));
  return guardedGrantsOf(after).some((grant) => !had.has(grantName(grant)) && !had.has(grant.role));
}

/**
 * The guarded roles that a change gives somebody, and so those that others must hear of; of who was frozen and acts again, all that
 * they have. A service's count also while its owner is frozen: nothing is told when the owner acts again.
 * @param before undefined for somebody new.
 */
export function guardedRolesGiven(before: Person | undefined, after: Person): readonly Grant[] {
  if (after.status !== 'active') return [];
  const given = before?.status === 'active' ? newGrants(before, after) : grantsOf(after);
  return given.filter(({ role }) => isGuardedRole(role));
}

/** Also of somebody who is frozen: it counts when they act again. */
const guardedGrantsOf = (person: Person): readonly Grant[] =>
  grantsOf(person).filter(({ role }) => isGuardedRole(role));
