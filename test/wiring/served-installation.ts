import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDataFolder } from '../../lib/wiring/data-folder.ts';
import { type Local, openLocal } from '../../lib/wiring/local.ts';
import { foundInstallation } from '../support/installation.ts';
import { REQUEST, temporaryFolder } from './installation.ts';

export const PLAINTEXT = Buffer.from('a data key of somebody').toString('base64');

interface Answer {
  readonly status: number;
  readonly json: { readonly [name: string]: unknown };
}

/** A call of the API as the person whose address begins so. */
export type As = (name: string, route: string, body?: object) => Promise<Answer>;

interface Served {
  readonly path: string;
  readonly local: Local;
  readonly as: As;
  /** What was logged as an error. */
  readonly log: readonly string[];
  /** Opens it again; calls go there from then on. */
  open(): Promise<Local>;
}

/** An installation with the Managers mia and max and the Writer will, served in this process. */
export async function servedInstallation(): Promise<Served> {
  const path = join(temporaryFolder(), 'data');
  const { instance, people } = await foundInstallation(path, REQUEST);
  const log: string[] = [];
  let served: Local;
  const open = async () => {
    served = await openLocal({
      folder: await openDataFolder(path),
      publicUrl: 'http://127.0.0.1:8080',
      log: { info: () => {}, error: (what, fields) => void log.push(`${what} ${JSON.stringify(fields)}`) },
    });
    onTestFinished(() => served.close());
    return served;
  };
  const as: As = async (name, route, body) => {
    const [method = '', at = ''] = route.split(' ');
    const response = await served.app.request(at, {
      method,
      headers: {
        authorization: `Bearer ${people.find(({ person }) => person.email.startsWith(name))?.apiKey}`,
        'bluemix-instance': instance.id,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? {} : JSON.parse(text) };
  };
  return { path, local: await open(), as, log, open };
}

export async function createdKey(as: As): Promise<string> {
  const { status, json } = await as('will', 'POST /api/v2/keys', {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'payroll', extractable: false }],
  });
  if (status !== 201) throw new Error(`a key was not created: ${status}`);
  const [key] = json.resources as readonly { readonly id: string }[];
  return key?.id ?? '';
}

export async function wrapped(as: As, id: string): Promise<string> {
  const { status, json } = await as('will', `POST /api/v2/keys/${id}/actions/wrap`, { plaintext: PLAINTEXT });
  if (status !== 200) throw new Error(`nothing was wrapped: ${status}`);
  return String(json.ciphertext);
}

export async function destroyed(as: As, id: string): Promise<void> {
  await as('will', `POST /api/v2/keys/${id}/actions/setKeyForDeletion`);
  const { status } = await as('mia', `DELETE /api/v2/keys/${id}`);
  if (status !== 204) throw new Error(`the key was not destroyed: ${status}`);
}
