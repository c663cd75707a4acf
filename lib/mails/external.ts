import { type ExternalFacts, type LastUse, sayProvider, type Users } from '../domain/external-key.ts';
import type { Fact } from './content.ts';
import { listed, singleLine } from './words.ts';

const MOST_NAMED = 10;

/** A key that lives elsewhere, as its provider has it, a line each; nothing of a key that lives here. */
export function externalFacts(external: ExternalFacts | undefined): readonly Fact[] {
  if (external === undefined) return [];
  const {
    reference,
    state,
    aliases,
    users,
    replicas = [],
    pendingWindowDays,
    version,
    origin,
    spec,
  } = external;
  return [
    {
      name: 'Lives at',
      value: `${sayProvider(external)}${external.region === undefined ? '' : `, ${external.region}`}`,
    },
    { name: 'Key there', value: reference },
    { name: 'State there', value: singleLine(state) },
    ...(spec === undefined
      ? []
      : [{ name: 'Kind there', value: singleLine([spec, origin].filter(Boolean).join(', ')) }]),
    { name: 'Aliases there', value: listed(aliases, MOST_NAMED) },
    { name: external.provider === 'aws-kms' ? 'Grants there' : 'Used there by', value: sayUsers(users) },
    ...(replicas.length === 0 ? [] : [{ name: 'Replicas', value: listed(replicas, MOST_NAMED) }]),
    ...(version === undefined ? [] : [{ name: 'Newest version there', value: singleLine(version) }]),
    { name: 'Last used', value: sayLastUse(external.lastUse) },
    ...(pendingWindowDays === undefined
      ? []
      : [{ name: 'Deleted there', value: `${pendingWindowDays} days after the approval` }]),
  ];
}

function sayUsers({ total, listed: names, retained = 0 }: Users): string {
  if (total === 0) return 'nobody';
  const retention = retained === 0 ? '' : `, ${retained} with a retention policy`;
  return `${total}${retention}: ${listed(names, MOST_NAMED)}`;
}

export function sayLastUse(lastUse: LastUse): string {
  switch (lastUse.known) {
    case 'used':
      return `${lastUse.at}${lastUse.operation === undefined ? '' : ` (${singleLine(lastUse.operation)})`}`;
    case 'never':
      return 'never';
    case 'not known':
      return lastUse.since === undefined
        ? 'not known'
        : `not since ${lastUse.since}; what was before is not known`;
  }
}
