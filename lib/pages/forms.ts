import * as z from 'zod';
import { LONGEST_NOTE } from './decision-page.ts';

const round = z
  .string()
  .regex(/^[1-9]\d{0,2}$/)
  .transform(Number);
// Browsers send line breaks as CRLF, which the page counted as one character.
const note = z
  .string()
  .transform((text) => text.replaceAll('\r\n', '\n').trim())
  .pipe(z.string().max(LONGEST_NOTE));

const FORM = z.discriminatedUnion('decision', [
  z.object({
    decision: z.enum(['approve', 'deny']),
    round,
    manifestDigest: z.string().regex(/^[0-9a-f]{64}$/),
    confirm: z.string().max(100),
    note: note.optional(),
  }),
  z.object({ decision: z.enum(['reauthorize', 'decline']), round, apiKey: z.string().max(1_000) }),
]);

export type Form = z.infer<typeof FORM>;

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
