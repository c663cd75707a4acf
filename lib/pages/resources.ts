import { html } from 'hono/html';
import type { ListedResource, Manifest, RegisteredResources } from '../domain/manifest.ts';
import { singleLine } from '../mails/words.ts';
import type { Html } from './layout.ts';
import type { Problem } from './refusals.ts';

/** What is shown at once; the rest unfolds. */
const FIRST = 5;

export const resourcesTitle = ({ total }: RegisteredResources): string =>
  total === 1 ? 'One resource uses it' : `${total} resources use it`;

/** The resources that use the key: the first ones, the others in a list that unfolds, the rest as a count. */
export const resourcesOf = (
  registrations: RegisteredResources,
): Html => html`${items(registrations.listed.slice(0, FIRST))}
${
  registrations.listed.length > FIRST &&
  html`<details><summary>Show the other ${registrations.total - FIRST}</summary>${items(registrations.listed.slice(FIRST))}${others(registrations)}</details>`
}`;

const items = (resources: readonly ListedResource[]): Html =>
  html`${resources.map(
    ({ resourceCrn, preventKeyDeletion, description }) =>
      html`<div><code>${resourceCrn}</code>${preventKeyDeletion && html` <strong>retention policy</strong>`}${description !== undefined && html` (<bdi>${singleLine(description)}</bdi>)`}</div>`,
  )}`;

const others = ({ others: rest }: RegisteredResources): Html | '' =>
  rest === undefined ? '' : html`<div>and ${rest.count} more, which the registrations of the key list</div>`;

/** Whether nobody can approve this: a retention policy is not lifted by force. */
export const isRetained = (manifest: Manifest): boolean =>
  ((manifest.registrations ?? usedThere(manifest))?.retained ?? 0) > 0;

/** What is registered with a key at another Key Protect counts as what is registered here. */
function usedThere({ external }: Manifest): Pick<RegisteredResources, 'total' | 'retained'> | undefined {
  if (external?.provider !== 'key-protect' || external.users.total === 0) return undefined;
  return { total: external.users.total, retained: external.users.retained ?? 0 };
}

/**
 * What the resources mean for the decision, and the box to tick where they do not forbid it. Never ticked beforehand.
 * @param verb what cannot be done without it.
 */
export function forceField(
  manifest: Manifest,
  problem: Pick<Problem, 'message' | 'field'> | undefined,
  verb: 'approve' | 'delete' = 'approve',
): Html | '' {
  const { registrations = usedThere(manifest) } = manifest;
  if (registrations === undefined) return '';
  const { total, retained } = registrations;
  if (retained > 0) {
    return html`<p class="stake"><strong>This cannot be ${verb === 'approve' ? 'approved' : 'deleted'}:</strong> ${resources(retained)} that the key protects ${retained === 1 ? 'has' : 'have'} a retention policy.</p>`;
  }
  const wrong = problem?.field === 'force';
  return html`<p class="hint after" id="force-hint">${resources(total)} ${total === 1 ? 'is' : 'are'} registered with this key and will be inaccessible once it is destroyed.</p>
${wrong && html`<p class="field-error" id="force-error">${problem.message}</p>`}
<label class="tick" for="force"><input type="checkbox" id="force" name="force" value="true" autocomplete="off" aria-describedby="force-hint${wrong && ' force-error'}"${wrong && html` aria-invalid="true" autofocus`}> Destroy the key although ${resources(total)} ${total === 1 ? 'uses' : 'use'} it (needed to ${verb})</label>`;
}

const resources = (number: number): string => (number === 1 ? 'one resource' : `${number} resources`);

/** How what would be lost differs; nothing where it does not. Ids, dates and CRNs. */
export const changeList = (changes: readonly string[] = []): Html | '' =>
  changes.length === 0
    ? ''
    : html`<ul class="changes">${changes.map((change) => html`<li>${change}</li>`)}</ul>`;
