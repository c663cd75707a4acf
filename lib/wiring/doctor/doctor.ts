import { join } from 'node:path';
import { readMasterKeys } from '../../adapters/file/master-key.ts';
import { masterKeySealer } from '../../adapters/file/sealer.ts';
import { type Finding, fail, ok } from '../../domain/finding.ts';
import type { Examination } from '../../operations/examine.ts';
import { exists, findServer } from '../backup.ts';
import { DATABASE, openDataFolder } from '../data-folder.ts';
import { orderIn } from '../order.ts';
import { tryMasterKey } from '../try-master-key.ts';
import { examineBackups, examineClock, examineDisk, examineFolder } from './machine.ts';
import { examineMail, examinePublicUrl } from './reach.ts';

export interface DoctorQuestion {
  readonly dataDir: string;
  readonly passphrase?: string | undefined;
  readonly smtp?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly backups?: string | undefined;
  readonly timeFrom?: string | undefined;
}

/** Everything about one machine that keeps people from deciding, or will. Changes nothing; a server may be running. */
export async function examineMachine(question: DoctorQuestion): Promise<Examination> {
  const { dataDir, smtp, publicUrl, backups, timeFrom } = question;
  const around = await Promise.all([
    examineFolder(dataDir),
    examineDisk(dataDir).then(list),
    examineClock(timeFrom).then(list),
    examineMail(smtp).then(list),
    examinePublicUrl(publicUrl).then(list),
    examineBackups(backups).then(list),
  ]);
  // One after the other: both open the database where no server has it.
  const masterKey = await examineMasterKey(question);
  const inside = await examineStore(dataDir);
  return {
    findings: [...around.flat(), masterKey, ...inside.findings],
    kmsKeys: inside.kmsKeys,
  };
}

const list = (finding: Finding): readonly Finding[] => [finding];

/** Whether the master key, with its passphrase, opens what is sealed. A running server has tried that when it started. */
async function examineMasterKey({ dataDir, passphrase }: DoctorQuestion): Promise<Finding> {
  const about = 'master key';
  try {
    const keys = await readMasterKeys(dataDir, passphrase === undefined ? {} : { passphrase });
    if (!(await exists(join(dataDir, DATABASE)))) return ok(about, 'it can be read');
    const server = await findServer(dataDir);
    if (server !== undefined) {
      server.destroy();
      return ok(about, 'it can be read, and a server runs with it');
    }
    const folder = await openDataFolder(dataDir);
    try {
      const tried = await tryMasterKey(folder.database, masterKeySealer(...keys));
      return tried === 'does not open'
        ? fail(
            about,
            'it does not open what is sealed in the database',
            'put back the one of this installation',
          )
        : ok(about, tried === 'opens' ? 'it opens what is sealed' : 'it can be read; nothing is sealed yet');
    } finally {
      await folder.discard();
    }
  } catch (error) {
    return fail(
      about,
      problemOf(error),
      'COUNTERSIGN_PASSPHRASE or COUNTERSIGN_PASSPHRASE_FILE, or a copy that is kept apart',
    );
  }
}

async function examineStore(dataDir: string): Promise<Examination> {
  try {
    const outcome = await orderIn(dataDir, { command: 'examine' });
    if ('examined' in outcome) return outcome.examined;
    const todo = 'restart the server with this version';
    return { findings: [fail('instances', 'the server is of an older version', todo)], kmsKeys: [] };
  } catch (error) {
    return { findings: [fail('instances', problemOf(error), 'countersign instance list')], kmsKeys: [] };
  }
}

/** Our errors say what the matter is, and nothing secret; of others the name is enough. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return /^(Countersign\.|DatabaseError)/.test(error.name) ? error.message : error.name;
}
