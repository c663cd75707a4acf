import type { Difference } from './change-request.ts';
import type { InstanceSettings } from './instance-settings.ts';
import { displayNameOf, grantsOf, type Person } from './person.ts';
import { grantName } from './person-change.ts';
import { spelled, toDuration } from './time.ts';

/**
 * How somebody becomes different, a line for each thing; for whoever decides about it and in mails.
 * @param owner whose service it is: what it may do, they may have it do.
 */
export function personDifferences(before: Person, after: Person, owner?: Person): readonly Difference[] {
  const line = (name: string, of: (person: Person) => string): readonly Difference[] =>
    of(before) === of(after) ? [] : [{ name, before: of(before), after: of(after) }];
  return [
    ...line('Roles', rolesOf),
    ...line('Status', ({ status }) => status),
    ...line('E-mail address', ({ email }) => email),
    // Whoever approves should know that somebody else can act as them.
    ...(owner === undefined
      ? []
      : [{ name: 'Belongs to', before: displayNameOf(owner), after: 'the same, for good' }]),
    ...(before.keyShownIn === undefined ? [] : [{ name: 'API key', ...SEEN }]),
  ];
}

const SEEN = { before: 'seen by whoever added them', after: 'the same, until they claim another one' };

const rolesOf = (person: Person): string => grantsOf(person).map(grantName).join(', ') || 'none';

/** The same of settings. */
export const settingsDifferences = (
  before: InstanceSettings,
  next: Partial<InstanceSettings>,
): readonly Difference[] =>
  (Object.keys(next) as (keyof InstanceSettings)[]).map((setting) => ({
    name: SETTING_NAMES[setting],
    before: shown(before[setting]),
    after: shown(next[setting] ?? before[setting]),
  }));

/** As `countersign instance show` names them. */
const SETTING_NAMES: { readonly [setting in keyof InstanceSettings]: string } = {
  name: 'Name',
  authorizationWindow: 'Authorization window',
  reauthorizationWindow: 'Re-authorization window',
  restoreWindow: 'Restore window',
  serviceApprovals: 'Services approve',
  approvalNeedsCredential: 'Approving by link needs the API key',
  approvalNeedsManifest: 'Approving by API needs the digest of the manifest',
  trial: 'Trial',
};

/** Numbers are windows, in seconds. */
function shown(value: InstanceSettings[keyof InstanceSettings]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? `${toDuration(value)} (${spelled(value)})` : value;
}
