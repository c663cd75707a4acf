import * as z from 'zod';
import { singleLine } from '../mails/words.ts';
import { LONGEST_NOTE } from './decision-page.ts';

const round = z
  .string()
  .regex(/^[1-9]\d{0,2}$/)
  .transform(Number);
// One line, since it is shown in lists, mails and terminals. The form sends the field empty when nothing was typed.
const note = z
  .string()
  .transform(singleLine)
  .pipe(z.string().max(LONGEST_NOTE))
  .transform((text) => (text === '' ? undefined : text));

const apiKey = z.string().max(1_000);

const FORM = z.discriminatedUnion('decision', [
  z.object({
    decision: z.enum(['approve', 'deny', 'unexpected']),
    round,
    manifestDigest: z.string().regex(/^[0-9a-f]{64}$/),
    confirm: z.string().max(100),
    // A box that is ticked; one that is not sends nothing.
    force: z
      .literal('true')
      .transform(() => true)
      .optional(),
    note: note.optional(),
    // Only where the instance asks for it; the field is sent empty by whoever denies.
    apiKey: apiKey.transform((key) => (key === '' ? undefined : key)).optional(),
  }),
  z.object({ decision: z.enum(['reauthorize', 'decline']), round, apiKey }),
]);

export type Form = z.infer<typeof FORM>;

/** The form of a decision, and not of asking again. */
export type DecisionForm = Extract<Form, { readonly decision: 'approve' | 'deny' | 'unexpected' }>;

export const isDecision = (form: Form): form is DecisionForm =>
  form.decision === 'approve' || form.decision === 'deny' || form.decision === 'unexpected';

export type ReadForm =
  | { readonly ok: true; readonly form: Form }
  | { readonly ok: false; readonly field: string };

/** The posted form, or the first field that is missing, given twice, or not what the page has in it. */
export function readForm(body: string): ReadForm {
  const fields = new URLSearchParams(body);
  const twice = [...fields.keys()].find((name) => fields.getAll(name).length > 1);
  if (twice !== undefined) return { ok: false, field: twice };
  const parsed = FORM.safeParse(Object.fromEntries(fields));
  if (parsed.success) return { ok: true, form: parsed.data };
  return { ok: false, field: String(parsed.error.issues[0]?.path[0] ?? 'decision') };
}
