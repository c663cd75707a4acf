import { externalDifferences } from './external-key.ts';
import type { ListedResource, Manifest, RegisteredResources } from './manifest.ts';

/** How many changes are named, here and on the authorization that keeps them; what is more is counted. */
export const MOST_NAMED = 20;

/**
 * What would be lost now that would not have been lost then, and the other way round: a line each, at most
 * {@link MOST_NAMED} and one that counts the rest. Empty where the loss is the same, whatever else has changed.
 * Every line is made of ids, dates and CRNs, which are ASCII and hold no blanks.
 */
export function differences(before: Manifest, after: Manifest): readonly string[] {
  const all = [
    ...ofVersions(before.versions, after.versions),
    ...ofResources(before.registrations ?? NONE, after.registrations ?? NONE),
    ...externalDifferences(before.external, after.external),
  ];
  if (all.length <= MOST_NAMED) return all;
  return [...all.slice(0, MOST_NAMED), `and ${all.length - MOST_NAMED} more changes`];
}

const NONE: RegisteredResources = { total: 0, retained: 0, listed: [] };

type Versions = Manifest['versions'];

function ofVersions(before: Versions, after: Versions): readonly string[] {
  const missing = (from: Versions, among: Versions) =>
    from.filter(({ id }) => !among.some((version) => version.id === id));
  return [
    ...missing(after, before).map(({ id, creationDate }) => `version ${id} was added on ${creationDate}`),
    ...missing(before, after).map(({ id }) => `version ${id} is gone`),
  ];
}

function ofResources(before: RegisteredResources, after: RegisteredResources): readonly string[] {
  const horizon = [before, after].flatMap(
    ({ others, listed }) => (others && listed.at(-1)?.resourceCrn) ?? [],
  );
  const named = ofListed(upTo(before, horizon), upTo(after, horizon));
  const unnamed = ofOthers(before, after, named.length > 0);
  return [...named, ...unnamed];
}

type Listed = ReadonlyMap<string, ListedResource>;

/** Beyond the last that a cut list names, nobody can tell whether a resource was there: only this side is compared. */
const upTo = ({ listed }: RegisteredResources, horizon: readonly string[]): Listed =>
  new Map(
    listed
      .filter(({ resourceCrn }) => horizon.every((last) => resourceCrn <= last))
      .map((resource) => [resource.resourceCrn, resource]),
  );

function ofListed(before: Listed, after: Listed): readonly string[] {
  const added = [...after.keys()].filter((crn) => !before.has(crn));
  const gone = [...before.keys()].filter((crn) => !after.has(crn));
  const retention = [...after.values()].flatMap(({ resourceCrn, preventKeyDeletion }) => {
    const was = before.get(resourceCrn);
    if (was === undefined || was.preventKeyDeletion === preventKeyDeletion) return [];
    return [`${resourceCrn} ${preventKeyDeletion ? 'got' : 'lost'} a retention policy`];
  });
  return [
    ...added.map(
      (crn) =>
        `${crn} was registered${after.get(crn)?.preventKeyDeletion ? ', with a retention policy' : ''}`,
    ),
    ...gone.map((crn) => `${crn} is registered no more`),
    ...retention,
  ];
}

/** What lies beyond the lists can only be counted. */
function ofOthers(
  before: RegisteredResources,
  after: RegisteredResources,
  named: boolean,
): readonly string[] {
  if (before.others?.sha256 === after.others?.sha256) return [];
  if (before.total !== after.total || before.retained !== after.retained) {
    return [
      `${after.total} resources are registered, ${after.retained} with a retention policy; before it was ${before.total}, ${before.retained} with one`,
    ];
  }
  return named ? [] : ['among the registered resources beyond the first hundred, some were replaced'];
}

const MOST_SAID = 3;

/** The first changes in one line, the rest as a count. */
export const sayChanges = (changes: readonly string[]): string =>
  [
    ...changes.slice(0, MOST_SAID),
    ...(changes.length > MOST_SAID ? [`and ${changes.length - MOST_SAID} more`] : []),
  ].join('; ');
