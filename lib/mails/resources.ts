import type { Authorization } from '../domain/authorization.ts';
import type { Manifest } from '../domain/manifest.ts';
import { type Block, type Fact, facts, paragraph, warning } from './content.ts';
import { singleLine } from './words.ts';

/** How many resources use the key, told in every mail about its deletion; nothing where none does. */
export function resourceCount({ registrations }: Manifest): readonly Fact[] {
  if (registrations === undefined) return [];
  const { total, retained } = registrations;
  const policies = retained === 0 ? '' : `, ${retained} with a retention policy`;
  return [{ name: 'Used by', value: `${resources(total)}${policies}` }];
}

const resources = (number: number): string => (number === 1 ? 'one resource' : `${number} resources`);

/** Which resources use the key, as far as the manifest lists them, and what that means for whoever decides. */
export function resourceBlocks({ registrations }: Manifest): readonly Block[] {
  if (registrations === undefined) return [];
  const { total, retained, listed, others } = registrations;
  const consequence =
    retained > 0
      ? `This cannot be approved as it is: ${resources(retained)} that the key protects ${retained === 1 ? 'has' : 'have'} a retention policy, which nobody can lift here.`
      : `${resources(total)} ${total === 1 ? 'is' : 'are'} registered with the key and will be inaccessible. Approving asks you to say that it is to be destroyed all the same.`;
  return [
    warning(consequence.replace(/^o/, 'O')),
    facts([
      ...listed.map(({ resourceCrn, preventKeyDeletion, description }) => ({
        name: preventKeyDeletion ? 'Resource with a retention policy' : 'Resource',
        value: description === undefined ? resourceCrn : `${resourceCrn} (${singleLine(description)})`,
      })),
      ...(others === undefined ? [] : [{ name: 'More resources', value: String(others.count) }]),
    ]),
  ];
}

/** In a later round: what is not as it was when it was asked for the last time. */
export function sinceLastRound({ round, sinceLastRound: changes }: Authorization): readonly Block[] {
  if (round === 1 || changes === undefined) return [];
  if (changes.length === 0) return [paragraph(`What would be lost is the same as in round ${round - 1}.`)];
  return [paragraph(`Since round ${round - 1}, what would be lost has changed:`), changeFacts(changes)];
}

/** What has changed since it was asked for, where that is why the request counts no more. */
export function whatChanged(authorization: Authorization): readonly Block[] {
  const changes = authorization.status === 'drifted' ? (authorization.changes ?? []) : [];
  return changes.length === 0 ? [] : [changeFacts(changes)];
}

const changeFacts = (changes: readonly string[]): Block =>
  facts(changes.map((value) => ({ name: 'Changed', value })));
