import { isRestoreWindow, RESTORE_WINDOW_RULE } from './destruction.ts';
import { type Instance, isWindow, WINDOW_RULE } from './instance.ts';
import { displayNameOf, type Person } from './person.ts';
import { accept, type Decision, refuse } from './refusal.ts';

/** What of an instance can be set after it was made, beside its policies. */
export type InstanceSettings = Required<
  Pick<
    Instance,
    | 'name'
    | 'authorizationWindow'
    | 'reauthorizationWindow'
    | 'restoreWindow'
    | 'serviceApprovals'
    | 'approvalNeedsCredential'
    | 'approvalNeedsManifest'
    | 'trial'
  >
>;

/** What is to become different; what is left out, or undefined, stays. */
export type SettingsChange = {
  readonly [name in keyof InstanceSettings]?: InstanceSettings[name] | undefined;
};

/** The settings with what counts where an instance says nothing. */
export const settingsOf = (instance: Instance): InstanceSettings => ({
  name: instance.name,
  authorizationWindow: instance.authorizationWindow,
  reauthorizationWindow: instance.reauthorizationWindow,
  restoreWindow: instance.restoreWindow ?? 0,
  serviceApprovals: instance.serviceApprovals ?? false,
  approvalNeedsCredential: instance.approvalNeedsCredential ?? false,
  approvalNeedsManifest: instance.approvalNeedsManifest ?? false,
  trial: instance.trial,
});

/**
 * What really becomes different; nothing where all of it is so already. Rounds that have begun keep their windows.
 * @param printed whose API keys stood in a terminal and can still be used.
 */
export function changedSettings(
  instance: Instance,
  change: SettingsChange,
  printed: readonly Person[],
): Decision<Partial<InstanceSettings>> {
  const before = settingsOf(instance);
  const differs = (name: string): boolean => {
    const setting = name as keyof InstanceSettings;
    return change[setting] !== undefined && change[setting] !== before[setting];
  };
  const next = Object.fromEntries(
    Object.entries(change).filter(([name]) => differs(name)),
  ) as Partial<InstanceSettings>;
  const why =
    whyNotWindows({ ...before, ...next }) ?? (next.trial === false ? whyNotOver(printed) : undefined);
  return why === undefined ? accept(next) : { ok: false, refusal: why };
}

/** Why nothing could be decided in such windows, with what to set; undefined where something could. */
export function whyNotWindows(
  windows: Pick<Instance, 'authorizationWindow' | 'reauthorizationWindow' | 'restoreWindow'>,
) {
  const wrong = (name: keyof typeof windows, rule: string) =>
    refuse(
      'window-unusable',
      `The instance’s ${name} must be ${rule}. A Manager sets it: countersign instance set`,
    ).refusal;
  if (!isWindow(windows.authorizationWindow)) return wrong('authorizationWindow', WINDOW_RULE);
  if (!isWindow(windows.reauthorizationWindow)) return wrong('reauthorizationWindow', WINDOW_RULE);
  if (!isRestoreWindow(windows.restoreWindow ?? 0)) return wrong('restoreWindow', RESTORE_WINDOW_RULE);
  return undefined;
}

/** A trial is over when no API key that stood in a terminal opens anything any more, and no sooner by anybody's word. */
function whyNotOver(printed: readonly Person[]) {
  if (printed.length === 0) return undefined;
  const names = printed.map(displayNameOf).join(', ');
  return refuse(
    'trial-goes-on',
    `The API keys of ${names} stood in a terminal and can still be used. Have each claim another one (countersign person send-key), or make one of their own and revoke that one (countersign person key)`,
  ).refusal;
}
