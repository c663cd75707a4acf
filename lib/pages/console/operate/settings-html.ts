import { html } from 'hono/html';
import { WEAKENS, type Weakens } from '../../../domain/guard-rails.ts';
import type { Instance } from '../../../domain/instance.ts';
import { type InstanceSettings, settingsOf } from '../../../domain/instance-settings.ts';
import { spelled, toDuration } from '../../../domain/time.ts';
import type { Html } from '../../layout.ts';
import { row, time } from '../../parts.ts';
import { formErrors, formField, tickField } from '../fields.ts';
import { csrfField } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import type { Visit } from '../page.ts';
import { copyable } from '../parts.ts';
import { paths } from '../paths.ts';
import { reasonField } from './grants.ts';
import { policySections } from './policy-html.ts';
import { type Attempt, aboutTwo, filled, titled } from './shared.ts';

export const TICK_SETTINGS = [
  'serviceApprovals',
  'approvalNeedsCredential',
  'approvalNeedsManifest',
] as const satisfies readonly (keyof InstanceSettings)[];
export type TickSetting = (typeof TICK_SETTINGS)[number];

const WINDOWS = ['authorizationWindow', 'reauthorizationWindow', 'restoreWindow'] as const;

const LABELS: { readonly [name in TickSetting | (typeof WINDOWS)[number]]: string } = {
  authorizationWindow: 'How long the second person has to approve',
  reauthorizationWindow: 'How long a request whose time ran out can be asked again',
  restoreWindow: 'How long a destroyed key can be restored',
  serviceApprovals: 'Service identities may approve',
  approvalNeedsCredential: 'Approving by a mailed link needs the API key as well',
  approvalNeedsManifest: 'Approving by the API names the digest of what was seen',
};

/** Everything that is set of the instance, with a form for each part of it. */
export function settingsHtml(visit: Visit, instance: Instance, attempt: Attempt | undefined): Html {
  const title = 'Settings';
  const ofSettings = attempt?.form.get('do') === 'settings' ? attempt : undefined;
  const main = html`${formErrors(attempt?.errors)}
<h1>${title}</h1>
<dl>
${row('Instance id', copyable(instance.id, 'the id of the instance'))}
${row('Made', time(instance.createdAt))}
${row('New Managers approve', html`${managerWaitWords(instance)}`)}
</dl>
${instance.trial && endOfTrial(visit)}
<h2>The instance</h2>
<form method="post" action="${visit.href(paths.settings)}" class="narrow" novalidate>
${csrfField(visit)}
<input type="hidden" name="do" value="settings">
${settingsFields(settingsOf(instance), ofSettings)}
${reasonField(ofSettings)}
${aboutTwo(instance, 'weakening what guards the keys')}
<div class="submit"><button type="submit" class="first">Save the settings</button></div>
</form>
<h2>Policies</h2>
<p>Those about keys count for keys that are created from now on. One Manager sets them, as in Key Protect, and every Manager gets a mail.</p>
${policySections(visit, instance, attempt)}`;
  return consoleLayout({ visit, title: titled(title, attempt), main });
}

const managerWaitWords = ({ managerWait = 0 }: Instance): string =>
  managerWait === 0
    ? 'what is asked for from then on'
    : `what is asked for from ${spelled(managerWait)} after they became one; set when the instance was made`;

const endOfTrial = (
  visit: Visit,
): Html => html`<form method="post" action="${visit.href(paths.settings)}" class="card">
${csrfField(visit)}
<p>This is a trial: guard rails are changed by one person. It ends by itself when nobody uses an API key any more that stood in a terminal.</p>
<div class="submit"><button type="submit" name="do" value="end-trial">End the trial</button></div>
</form>`;

const settingsFields = (settings: InstanceSettings, attempt: Attempt | undefined): Html => html`
${was('name', settings.name)}
${formField({ name: 'name', label: 'Name', value: filled(attempt, 'name', settings.name), error: attempt?.errors.name, maxLength: 90, required: true })}
${WINDOWS.map((name) => windowField(name, settings[name], attempt))}
${TICK_SETTINGS.map((name) => switchField(name, settings[name], attempt))}`;

/** What was there when the page was made: what somebody leaves alone is not sent as a change. */
const was = (name: string, value: string): Html =>
  html`<input type="hidden" name="was-${name}" value="${value}">`;

const windowField = (
  name: (typeof WINDOWS)[number],
  seconds: number,
  attempt: Attempt | undefined,
): Html => html`
${was(name, toDuration(seconds))}
${formField({ name, label: LABELS[name], hint: `Now ${spelled(seconds)}. An ISO 8601 duration: P7D for seven days, PT12H for twelve hours. ${twoWords(WEAKENS[name])}`, value: filled(attempt, name, toDuration(seconds)), error: attempt?.errors[name], short: true, required: true })}`;

const switchField = (name: TickSetting, on: boolean, attempt: Attempt | undefined): Html => html`
${was(name, String(on))}
${tickField({ name, label: LABELS[name], hint: twoWords(WEAKENS[name]), error: attempt?.errors[name], checked: attempt === undefined ? on : attempt.form.get(name) === 'true' })}`;

const twoWords = (how: Weakens): string => (how === 'never' ? '' : TWO[how]);

const TWO: { readonly [how in Exclude<Weakens, 'never'>]: string } = {
  'either way': 'Changing it needs a second Manager.',
  'made shorter': 'Making it shorter needs a second Manager.',
  'turned on': 'Turning it on needs a second Manager.',
  'turned off': 'Turning it off needs a second Manager.',
};
