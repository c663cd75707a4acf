import { exitCodeOf, type Finding } from '../domain/finding.ts';
import { examineMachine } from '../wiring/doctor/doctor.ts';
import { parsePublicUrl } from './addresses.ts';
import { passphrase } from './passphrase.ts';
import { CliError } from './problem.ts';
import { print, visible } from './terminal.ts';

export interface DoctorOptions {
  readonly dataDir?: string;
  readonly smtp?: string;
  readonly publicUrl?: string;
  readonly backups?: string;
  readonly timeFrom?: string;
  readonly kms?: boolean;
  readonly kmsKey?: readonly string[];
  readonly deletingRole?: string;
  readonly region?: string;
  readonly json?: boolean;
}

/** `countersign doctor`. @throws CliError whose exit code says how bad it is, after everything was told. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const { dataDir, kms, kmsKey = [], json } = options;
  if (dataDir === undefined && kms !== true) {
    throw new CliError('what is to be looked at? Give --data-dir, or --kms with --kms-key');
  }
  const machine =
    dataDir === undefined
      ? { findings: [], kmsKeys: [] }
      : await examineMachine({ ...options, ...url(options), dataDir, ...passphrase() });
  const ofKms = kms === true ? await lookAtKms([...machine.kmsKeys, ...kmsKey], options) : NOTHING;
  const findings = [...machine.findings, ...ofKms.findings];
  await print(
    json ? JSON.stringify({ findings, notSeen: ofKms.notSeen }, null, 2) : textOf(findings, ofKms.notSeen),
  );
  const code = exitCodeOf(findings);
  if (code !== 0) throw new CliError(summaryOf(findings), code);
}

const url = ({ publicUrl }: DoctorOptions) =>
  publicUrl === undefined ? {} : { publicUrl: parsePublicUrl(publicUrl) };

const NOTHING = { findings: [], notSeen: [] } as const;

/** The SDK is loaded where it is asked for. */
async function lookAtKms(keys: readonly string[], { deletingRole: role, region }: DoctorOptions) {
  const { examineKms, NOT_SEEN } = await import('../wiring/doctor/kms.ts');
  const findings = await examineKms({ keys: [...new Set(keys)], role, region });
  return { findings, notSeen: NOT_SEEN };
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

const textOf = (findings: readonly Finding[], notSeen: readonly string[]): string =>
  [
    ...findings.flatMap(({ about, status, found, todo }) => [
      `${MARKS[status]}  ${visible(about)}: ${visible(found)}`,
      ...(todo === undefined ? [] : [`      ${visible(todo)}`]),
    ]),
    ...(notSeen.length === 0 ? [] : ['', 'What this cannot see:', ...notSeen.map((one) => `  ${one}`)]),
  ].join('\n');

function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length;
  return `${count('fail')} broken, ${count('warn')} to be looked at, ${count('ok')} in order`;
}
