import { join } from 'node:path';
import { type AtEnd, countersign, startServer, temporaryFolder } from '../cli/command.ts';

/** Who is there, each with one role. */
export const PEOPLE = {
  mia: 'Manager',
  max: 'Manager',
  will: 'Writer',
  rita: 'Reader',
  petra: 'KeyPurge',
} as const;
export type Name = keyof typeof PEOPLE;

const OPTIONS = { Manager: '--manager', Writer: '--writer', Reader: '--reader', KeyPurge: '--key-purge' };

/** A server as a user starts it. */
export interface Installation {
  readonly url: string;
  readonly instanceId: string;
  readonly apiKeys: { readonly [name in Name]: string };
  /** Says, as a storage service would, that a resource is protected by a key: no client of Key Protect can. */
  register(
    keyId: string,
    resource: { readonly crn: string; readonly preventKeyDeletion: boolean },
  ): Promise<void>;
}

/** A root key that protects a resource, as a storage service would have registered it. */
export async function protectedKey(
  installation: Installation,
  { alias, crn }: { readonly alias: string; readonly crn: string },
): Promise<void> {
  const { url, instanceId, apiKeys } = installation;
  await send({ url, instanceId, apiKey: apiKeys.will }, '/api/v2/keys', {
    metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 },
    resources: [{ name: 'Ledger', aliases: [alias], extractable: false }],
  });
  await installation.register(alias, { crn, preventKeyDeletion: false });
}

/** `countersign init`, then `countersign serve`, each a process of its own, with nothing else set up. */
export async function openInstallation(atEnd: AtEnd): Promise<Installation> {
  const dataDir = join(temporaryFolder(atEnd), 'data');
  const grants = Object.entries(PEOPLE).flatMap(([name, role]) => [OPTIONS[role], addressOf(name)]);
  const made = await countersign(['init', '--data-dir', dataDir, ...grants, '--json']);
  if (made.code !== 0) throw new Error(made.stderr);
  const { instanceId, people }: Made = JSON.parse(made.stdout);
  const { url } = await startServer(['--data-dir', dataDir], atEnd);
  const keyOf = (name: Name) => people.find(({ email }) => email === addressOf(name))?.apiKey ?? '';
  const apiKeys = {
    mia: keyOf('mia'),
    max: keyOf('max'),
    will: keyOf('will'),
    rita: keyOf('rita'),
    petra: keyOf('petra'),
  };
  return installationOf({ url, instanceId, apiKeys });
}

/** What is made for these people, with a service of mia's. */
export function installationOf(made: Omit<Installation, 'register'>): Installation {
  const { url, instanceId, apiKeys } = made;
  const service = serviceOf({ url, instanceId, apiKey: apiKeys.mia });
  return { ...made, register: async (...told) => (await service()).register(...told) };
}

interface Made {
  readonly instanceId: string;
  readonly people: readonly { readonly email: string; readonly apiKey: string }[];
}

const addressOf = (name: string): string => `${name}@example.com`;

interface Access {
  readonly url: string;
  readonly instanceId: string;
  readonly apiKey: string;
}

/** A service identity of mia's, made when it is first needed. */
function serviceOf(owner: Access): () => Promise<Pick<Installation, 'register'>> {
  let made: Promise<{ readonly apiKey: string }> | undefined;
  return async () => {
    made ??= send(owner, '/countersign/v1/people', {
      kind: 'service',
      name: 'storage',
      owner: addressOf('mia'),
      roles: ['Writer'],
    });
    const { apiKey } = await made;
    return {
      register: async (keyId, { crn, preventKeyDeletion }) =>
        void (await send(
          { ...owner, apiKey },
          `/api/v2/keys/${keyId}/registrations/${encodeURIComponent(crn)}`,
          {
            metadata: {
              collectionType: 'application/vnd.ibm.kms.registration_input+json',
              collectionTotal: 1,
            },
            resources: [{ preventKeyDeletion, description: 'payroll' }],
          },
        )),
    };
  };
}

async function send({ url, instanceId, apiKey }: Access, path: string, body: object) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'bluemix-instance': instanceId },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return JSON.parse(await response.text());
}
