import * as z from 'zod';
import { parseRestoreWindow, RESTORE_WINDOW_RULE } from '../../../domain/destruction.ts';
import { parseWindow, WINDOW_RULE } from '../../../domain/instance.ts';
import { text } from '../../../http/text.ts';
import { changeInstance, getInstance } from '../../../operations/instance.ts';
import { putInstancePolicies } from '../../../operations/policies.ts';
import { readForm } from '../form.ts';
import { unreadable } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, seeOther, type Visit } from '../page.ts';
import { PATTERNS, paths } from '../paths.ts';
import { refusedPage } from '../refused.ts';
import { REASON } from './grants.ts';
import { isPolicyKind, POLICY_FORMS } from './policy-forms.ts';
import { settingsHtml, TICK_SETTINGS, type TickSetting } from './settings-html.ts';
import { type Attempt, done, mistaken, refusedForm } from './shared.ts';

/** The instance itself and its policies. */
export const SETTINGS_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.settings,
    who: 'manageInstance',
    handle: (visit) => show(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.settings, who: 'manageInstance', handle: change }),
];

const duration = (parse: (given: string) => number | undefined, rule: string) =>
  z
    .string(rule)
    .trim()
    .max(40, rule)
    .refine((given) => parse(given) !== undefined, `Write ${rule}`)
    .transform((given) => parse(given) ?? 0);

const WINDOW = duration(parseWindow, WINDOW_RULE);
const tick = z.literal('true').optional();

const FORM = z.object({
  name: text(1, 90),
  authorizationWindow: WINDOW,
  reauthorizationWindow: WINDOW,
  restoreWindow: duration(parseRestoreWindow, RESTORE_WINDOW_RULE),
  serviceApprovals: tick,
  approvalNeedsCredential: tick,
  approvalNeedsManifest: tick,
  reason: REASON,
});

async function change(visit: Visit): Promise<Answer> {
  const what = visit.form.get('do') ?? '';
  if (what === 'settings') return changeSettings(visit);
  if (what === 'end-trial') return endTrial(visit);
  return isPolicyKind(what) ? changePolicy(visit, what) : unreadable(visit);
}

async function changeSettings(visit: Visit): Promise<Answer> {
  const read = readForm(visit, FORM);
  if (!read.ok) return show(visit, mistaken(visit, read.errors));
  const { reason, ...settings } = read.value;
  const ticks = TICK_SETTINGS.map((name): [TickSetting, boolean] => [name, settings[name] === 'true']);
  const all = { ...settings, ...Object.fromEntries(ticks) };
  // What was not touched stays as others may have set it meanwhile.
  const wanted = Object.fromEntries(
    Object.entries(all).filter(([name]) => visit.form.get(`was-${name}`) !== sentOf(visit, name)),
  );
  if (Object.keys(wanted).length === 0) return seeOther(paths.settings, 'nothing-changed');
  const changed = await changeInstance(visit.context, visit.caller, wanted, reason);
  if (!changed.ok) return show(visit, refusedForm(visit, changed.refusal));
  return done(changed.value, paths.settings, 'settings-saved');
}

const isTick = (name: string): name is TickSetting => TICK_SETTINGS.some((one) => one === name);

/** As the page writes what there is into the field that is not seen. */
const sentOf = ({ form }: Visit, name: string): string =>
  isTick(name) ? String(form.get(name) === 'true') : (form.get(name) ?? '');

async function endTrial(visit: Visit): Promise<Answer> {
  const changed = await changeInstance(visit.context, visit.caller, { trial: false });
  return changed.ok
    ? seeOther(paths.settings, 'trial-ended')
    : show(visit, refusedForm(visit, changed.refusal));
}

async function changePolicy(visit: Visit, kind: keyof typeof POLICY_FORMS): Promise<Answer> {
  const read = readForm(visit, POLICY_FORMS[kind]);
  if (!read.ok) return show(visit, mistaken(visit, read.errors));
  const written = await putInstancePolicies(visit.context, visit.caller, read.value);
  if (written.ok) return seeOther(paths.settings, 'policy-saved');
  const { source } = visit;
  return written.refusal.code === 'own-address-missing' && source !== undefined
    ? show(visit, mistaken(visit, { ranges: `${source} must be among them: you are there` }))
    : show(visit, refusedForm(visit, written.refusal));
}

async function show(visit: Visit, attempt?: Attempt): Promise<Answer> {
  const found = await getInstance(visit.context, visit.caller);
  if (!found.ok) return refusedPage(visit, found.refusal);
  return page(settingsHtml(visit, found.value, attempt), attempt?.status ?? 200);
}
