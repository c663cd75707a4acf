import { html } from 'hono/html';
import type { Instance, KeyAccess } from '../../../domain/instance.ts';
import { DEFAULT_KEY_ACCESS } from '../../../domain/instance-policies.ts';
import type { Html } from '../../layout.ts';
import { time } from '../../parts.ts';
import { formField, tickField } from '../fields.ts';
import { csrfField } from '../form.ts';
import type { Visit } from '../page.ts';
import { paths } from '../paths.ts';
import type { PolicyKind } from './policy-forms.ts';
import { type Attempt, filled } from './shared.ts';

/** Every policy with a form of its own: each is written by itself. */
export function policySections(visit: Visit, instance: Instance, attempt: Attempt | undefined): Html {
  const form = (kind: PolicyKind, title: string, fields: (given: Attempt | undefined) => Html): Html => {
    const given = attempt?.form.get('do') === kind ? attempt : undefined;
    const policy = instance[kind];
    return html`<form method="post" action="${visit.href(paths.settings)}" class="card" novalidate>
<h3>${title}</h3>
<p class="hint">${policy === undefined ? 'Never set.' : html`Written ${time(policy.updatedAt)}.`}</p>
${csrfField(visit)}
<input type="hidden" name="do" value="${kind}">
${fields(given)}
<div class="submit"><button type="submit" aria-label="Save: ${title}">Save</button></div>
</form>
`;
  };
  return html`${form('dualAuthDelete', 'Dual authorization', (given) => dualFields(instance, given))}
${form('rotation', 'Rotation', (given) => rotationFields(instance, given))}
${form('keyCreateImportAccess', 'Creating and importing keys', (given) => keyAccessFields(instance, given))}
${form('allowedIP', 'Allowed addresses', (given) => addressFields(visit, instance, given))}
${form('allowedNetwork', 'Allowed network', (given) => networkFields(instance, given))}
<p>Metrics policy: off. This service sends no metrics anywhere.</p>`;
}

const ticked = (attempt: Attempt | undefined, name: string, otherwise: boolean): boolean =>
  attempt === undefined ? otherwise : attempt.form.get(name) === 'true';

const dualFields = ({ dualAuthDelete }: Instance, attempt: Attempt | undefined): Html =>
  tickField({
    name: 'dualAuthDeleteOn',
    label: 'The deletion of keys that are created needs two people',
    checked: ticked(attempt, 'dualAuthDeleteOn', dualAuthDelete?.enabled === true),
  });

const rotationFields = ({ rotation }: Instance, attempt: Attempt | undefined): Html => html`
${tickField({ name: 'rotationOn', label: 'Root keys that are created are rotated by themselves', checked: ticked(attempt, 'rotationOn', rotation?.enabled === true) })}
${formField({ name: 'intervalMonths', label: 'Months from one rotation to the next', value: filled(attempt, 'intervalMonths', String(rotation?.intervalMonths ?? '')), error: attempt?.errors.intervalMonths, maxLength: 2, short: true })}`;

const addressFields = (visit: Visit, { allowedIP }: Instance, attempt: Attempt | undefined): Html => html`
${tickField({ name: 'allowedIPOn', label: 'The instance is reached from these addresses alone', checked: ticked(attempt, 'allowedIPOn', allowedIP?.enabled === true) })}
${formField({ name: 'ranges', label: 'Addresses and ranges', hint: `One on each line. ${visit.source === undefined ? 'Your own address is not known here' : `You are at ${visit.source}, which must be among them`}.`, long: true, value: filled(attempt, 'ranges', (allowedIP?.ranges ?? []).join('\n')), error: attempt?.errors.ranges })}`;

const networkFields = ({ allowedNetwork }: Instance, attempt: Attempt | undefined): Html =>
  tickField({
    name: 'allowedNetworkOn',
    label: 'Public and private endpoints are allowed',
    hint: 'There is one endpoint here, so that nothing is shut out by it.',
    checked: ticked(attempt, 'allowedNetworkOn', allowedNetwork?.enabled === true),
  });

const ACCESS_LABELS: { readonly [name in keyof KeyAccess]: string } = {
  createRootKey: 'Root keys are created',
  createStandardKey: 'Standard keys are created',
  importRootKey: 'Root keys are imported',
  importStandardKey: 'Standard keys are imported',
  enforceToken: 'Material is imported under an import token alone',
};

function keyAccessFields({ keyCreateImportAccess: policy }: Instance, attempt: Attempt | undefined): Html {
  const access = policy?.access ?? DEFAULT_KEY_ACCESS;
  const names = Object.keys(ACCESS_LABELS) as (keyof KeyAccess)[];
  return html`${tickField({ name: 'keyAccessOn', label: 'What is ticked below counts; without it everything is allowed', checked: ticked(attempt, 'keyAccessOn', policy?.enabled === true) })}
${names.map((name) => tickField({ name, label: ACCESS_LABELS[name], checked: ticked(attempt, name, access[name]) }))}`;
}
