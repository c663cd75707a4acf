import { GetKeyPolicyCommand, KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import { regionOf } from '../../adapters/kms/key-provider.ts';
import { type Finding, fail, ok, warn } from '../../domain/finding.ts';
import { type Exposure, exposuresIn } from '../../domain/kms-exposure.ts';

export interface KmsQuestion {
  /** ARNs. */
  readonly keys: readonly string[];
  /** The role of the step that deletes them; without it everybody who can delete is named. */
  readonly role: string | undefined;
  /** Keys of other Regions are left out; all, where it is not given. */
  readonly region: string | undefined;
}

/** What nobody can see from a key's policy and its grants. */
export const NOT_SEEN = [
  'IAM policies: who in an account that a key policy names can use it (aws iam simulate-principal-policy --policy-source-arn ROLE --action-names kms:ScheduleKeyDeletion --resource-arns KEY)',
  'service control policies and permissions boundaries, which may deny what is allowed here',
  'who may assume the role that deletes, change its policies, or change the code of its function',
  'the owners of a custom or external key store, and AWS Support',
];

/** Who could delete each key without Countersign, as its policy and its grants tell. */
export async function examineKms(
  { keys, role = '', region }: KmsQuestion,
  open: (region: string) => KMSClient = (name) => new KMSClient({ region: name }),
): Promise<readonly Finding[]> {
  const asked = keys.filter((arn) => region === undefined || regionOf(arn) === region);
  if (asked.length === 0) return [ok('adopted keys', 'none to look at')];
  const findings = await Promise.all(asked.map((arn) => examineKey(open(regionOf(arn)), arn, role)));
  return findings.flat();
}

async function examineKey(client: KMSClient, arn: string, role: string): Promise<readonly Finding[]> {
  const about = `key ${arn.slice(arn.indexOf('/') + 1)}`;
  const policy = await client
    .send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }))
    .then(({ Policy }) => Policy)
    .catch((error: unknown) => ({ unseen: nameOf(error) }));
  if (policy === undefined || typeof policy !== 'string') {
    const why = policy === undefined ? 'no answer' : policy.unseen;
    return [
      warn(about, `its policy cannot be seen: ${why}`, 'let whoever runs this call kms:GetKeyPolicy on it'),
    ];
  }
  const { exposures, unread } = exposuresIn(policy, role);
  return [
    ...(exposures.length === 0 ? [ok(about, 'its policy lets nobody but Countersign delete it')] : []),
    ...exposures.map((one) => exposed(about, one)),
    ...unread.map((what) =>
      warn(about, `${what}, which is not read here`, 'look at the key policy yourself'),
    ),
    await grantsOf(client, arn, about),
  ];
}

const GUARD = 'put in the statements of: countersign kms policy --role ARN';

function exposed(about: string, { principal, actions, level, conditional }: Exposure): Finding {
  const under = conditional ? ', under conditions' : '';
  const found = `${principal} may ${actions.map((action) => action.slice('kms:'.length)).join(', ')}${under}`;
  return level === 'ends' && !conditional ? fail(about, found, GUARD) : warn(about, found, GUARD);
}

const MOST_PAGES = 20;

/** A grant gives no right to delete a key (AWS KMS, "Grant operations"); some let their holder make more of them. */
async function grantsOf(client: KMSClient, KeyId: string, about: string): Promise<Finding> {
  let grants = 0;
  const makers = new Set<string>();
  let Marker: string | undefined;
  try {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await client.send(new ListGrantsCommand({ KeyId, Limit: 100, Marker }));
      for (const { GranteePrincipal = 'unknown', Operations = [] } of answer.Grants ?? []) {
        grants += 1;
        if (Operations.includes('CreateGrant')) makers.add(GranteePrincipal);
      }
      Marker = answer.Truncated ? answer.NextMarker : undefined;
      if (Marker === undefined) break;
    }
  } catch (error) {
    return warn(
      about,
      `its grants cannot be seen: ${nameOf(error)}`,
      'let whoever runs this call kms:ListGrants on it',
    );
  }
  const more = makers.size === 0 ? '' : `; ${[...makers].join(', ')} can make more`;
  return ok(
    about,
    `${grants}${Marker === undefined ? '' : ' or more'} grants, none of which lets anybody delete it${more}`,
  );
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
