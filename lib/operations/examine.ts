import { MANAGERS_NEEDED, managersOver } from '../domain/approval.ts';
import { type Finding, fail, ok, warn } from '../domain/finding.ts';
import type { Instance } from '../domain/instance.ts';
import { whyNotWindows } from '../domain/instance-settings.ts';
import { holdsAnywhere, type Person } from '../domain/person.ts';
import type { Context } from './context.ts';
import { listInstances } from './init-instance.ts';
import { type AdoptedKey, adoptedKeys } from './records/adoption.ts';
import { loadKey } from './records/key.ts';
import { isPeopleMail, mailOfItem, undeliveredPartition } from './records/mail.ts';
import { loadPeople } from './records/person.ts';
import { currentAuthorization } from './transition.ts';

/** Mails that were given up, looked through for those of Managers; the newest. */
const MOST_MAILS = 200;

export interface Examination {
  readonly findings: readonly Finding[];
  /** Keys that stand for keys of AWS KMS. */
  readonly kmsKeys: readonly string[];
}

/** What is there in the store that keeps people from deciding, or will: read, and nothing changed. */
export async function examine(context: Pick<Context, 'store' | 'clock'>): Promise<Examination> {
  const findings: Finding[] = [];
  for (const instance of await listInstances(context)) {
    const people = await loadPeople(context.store, instance.id);
    findings.push(...ofManagers(instance, people), ofWindows(instance));
    findings.push(await ofMails(context, instance, people));
  }
  const adopted = await adoptedKeys(context.store);
  findings.push(...(await ofDestroying(context, adopted)));
  return {
    findings,
    kmsKeys: adopted.flatMap(({ providerName, reference }) =>
      providerName === 'aws-kms' ? [reference] : [],
    ),
  };
}

const nameOf = ({ name }: Instance): string => `instance "${name}"`;

function ofManagers(instance: Instance, people: readonly Person[]): readonly Finding[] {
  const about = nameOf(instance);
  const managers = managersOver(people);
  if (managers >= MANAGERS_NEEDED) return [ok(about, `${managers} Managers can approve`)];
  const found = `${managers === 0 ? 'no Manager is' : 'one Manager is'} active: nobody could be the second person`;
  const todo = 'countersign person add EMAIL --role Manager';
  return [instance.dualAuthDelete?.enabled === true ? fail(about, found, todo) : warn(about, found, todo)];
}

function ofWindows(instance: Instance): Finding {
  const about = nameOf(instance);
  const why = whyNotWindows(instance);
  return why === undefined
    ? ok(about, 'its windows can be used')
    : fail(about, why.detail ?? 'a window in which nothing could be decided', 'countersign instance set');
}

/** A Manager whose mail is given up hears of no request. */
async function ofMails(
  { store }: Pick<Context, 'store'>,
  instance: Instance,
  people: readonly Person[],
): Promise<Finding> {
  const about = nameOf(instance);
  const { items } = await store.query({
    table: 'main',
    index: 'list',
    partition: undeliveredPartition(instance.id, 'given-up'),
    limit: MOST_MAILS,
    descending: true,
  });
  const managers = new Set(
    people.filter((one) => one.status === 'active' && holdsAnywhere(one, ['Manager'])).map(({ id }) => id),
  );
  const bounced = new Set(
    items.map(mailOfItem).flatMap((row) => {
      const id = isPeopleMail(row) ? undefined : row.personId;
      return id !== undefined && managers.has(id) ? [id] : [];
    }),
  );
  const emails = people.filter(({ id }) => bounced.has(id)).map(({ email }) => email);
  return emails.length === 0
    ? ok(about, 'no mail to a Manager was given up')
    : warn(
        about,
        `mail to ${emails.join(', ')} was given up: they hear of no request`,
        'mend the address (countersign person set EMAIL --email NEW), then countersign mail resend',
      );
}

/** Deletions that have begun where a key lives and do not go on. */
async function ofDestroying(
  { store }: Pick<Context, 'store'>,
  adopted: readonly AdoptedKey[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { instanceId, keyId } of adopted) {
    const key = await loadKey(store, instanceId, keyId);
    const current = key?.destroyingSince === undefined ? undefined : await currentAuthorization(store, key);
    if (current?.status === 'destroying' && current.stalledAt !== undefined) {
      const why = current.problem ?? 'its provider does not answer';
      found.push(
        fail(
          `key ${keyId}`,
          `its deletion has begun and does not go on: ${why}`,
          'mend that, and it goes on by itself; or countersign key abandon-deletion',
        ),
      );
    }
  }
  return found.length > 0 || adopted.length === 0
    ? found
    : [ok('adopted keys', `${adopted.length}, and no deletion of one has stalled`)];
}
