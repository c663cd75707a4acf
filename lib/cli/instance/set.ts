import { toDuration } from '../../domain/time.ts';
import { readOutcome } from '../change-request/change-request.ts';
import { CliError } from '../problem.ts';
import { connect, type Server } from '../server.ts';
import { type Access, POLICIES_PATH, readPolicies, wantedPolicies } from './policies.ts';
import { SWITCHES } from './policy-options.ts';
import { INSTANCE_PATH } from './settings.ts';
import { type ShowOptions, showInstance } from './show.ts';

export interface SetOptions extends ShowOptions {
  readonly name?: string;
  /** In seconds. */
  readonly authorizationWindow?: number;
  readonly reauthorizationWindow?: number;
  readonly restoreWindow?: number;
  readonly serviceApprovals?: boolean;
  readonly approvalNeedsCredential?: boolean;
  readonly approvalNeedsManifest?: boolean;
  readonly endTrial?: boolean;
  readonly reason?: string;
  readonly dualAuthorization?: boolean;
  readonly rotation?: number | 'off';
  readonly allowedIp?: readonly string[];
  readonly createRootKeys?: boolean;
  readonly createStandardKeys?: boolean;
  readonly importRootKeys?: boolean;
  readonly importStandardKeys?: boolean;
  readonly importNeedsToken?: boolean;
}

/** `countersign instance set`: the settings in one change, then the policies in one, and what came of it. */
export async function setInstance(options: SetOptions): Promise<void> {
  const settings = settingsOf(options);
  const access = accessOf(options);
  const { dualAuthorization, rotation, allowedIp } = options;
  const policies = { dualAuthorization, rotation, allowedIp, access };
  const hasSettings = Object.keys(settings).length > 0;
  const hasPolicies = [dualAuthorization, rotation, allowedIp, ...Object.values(access)].some(
    (wanted) => wanted !== undefined,
  );
  if (!hasSettings && !hasPolicies) {
    throw new CliError('what is to change? See countersign instance set --help');
  }
  const server = connect(options);
  const { reason } = options;
  const changed =
    hasSettings && (await server.send('patch', INSTANCE_PATH, { json: { ...settings, reason } }));
  const before = settingsOutcome(hasSettings, changed);
  if (hasPolicies) await putPolicies(server, policies, before);
  await showInstance(options, changed);
}

/** Two routes, so two changes: what the first has done stays when the second is refused. */
async function putPolicies(
  server: Server,
  wanted: Parameters<typeof wantedPolicies>[0],
  settings: string | undefined,
): Promise<void> {
  try {
    const resources = wantedPolicies(wanted, await readPolicies(server));
    const metadata = {
      collectionType: 'application/vnd.ibm.kms.policy+json',
      collectionTotal: resources.length,
    };
    await server.send('put', POLICIES_PATH, { json: { metadata, resources } });
  } catch (error) {
    if (settings === undefined || !(error instanceof CliError)) throw error;
    throw new CliError(`${settings}, the policies are not changed: ${error.message}`);
  }
}

/** What has become of the settings, before the policies; undefined where there were none. */
function settingsOutcome(hasSettings: boolean, changed: unknown): string | undefined {
  if (!hasSettings) return undefined;
  const { changeRequest } = readOutcome(changed);
  return changeRequest === undefined
    ? 'the settings are changed'
    : `the settings wait for a second Manager (change request ${changeRequest.id})`;
}

function settingsOf(options: SetOptions): object {
  const { name, serviceApprovals, approvalNeedsCredential, approvalNeedsManifest, endTrial } = options;
  const windows = {
    authorizationWindow: options.authorizationWindow,
    reauthorizationWindow: options.reauthorizationWindow,
    restoreWindow: options.restoreWindow,
  };
  return defined({
    name,
    ...Object.fromEntries(
      Object.entries(windows).map(([title, seconds]) => [
        title,
        seconds === undefined ? undefined : toDuration(seconds),
      ]),
    ),
    serviceApprovals,
    approvalNeedsCredential,
    approvalNeedsManifest,
    ...(endTrial === true && { trial: false }),
  });
}

const accessOf = (options: SetOptions): Partial<Access> =>
  defined(
    Object.fromEntries(
      SWITCHES.flatMap(([flag, attribute]) =>
        attribute === undefined ? [] : [[attribute, options[camelCase(flag) as keyof SetOptions]]],
      ),
    ),
  );

const camelCase = (flag: string): string =>
  flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const defined = <T extends object>(given: T): Partial<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
