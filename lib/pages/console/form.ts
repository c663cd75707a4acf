import { html } from 'hono/html';
import * as z from 'zod';
import type { Html } from '../layout.ts';
import type { OpenVisit } from './page.ts';

/** The name of the field in which a form carries what its session's forms carry. */
export const CSRF_FIELD = 'csrf';

/** Stands in every form that posts. */
export const csrfField = ({ csrf }: Pick<OpenVisit, 'csrf'>): Html =>
  html`<input type="hidden" name="${CSRF_FIELD}" value="${csrf}">`;

/** The first complaint about each field, by its name; what is about the form as a whole stands under `''`. */
export type FieldErrors = { readonly [field: string]: string };

export type ReadForm<T> =
  | { readonly ok: true; readonly value: T }
  /** `values`: what was typed, to show it again. */
  | {
      readonly ok: false;
      readonly errors: FieldErrors;
      readonly values: { readonly [field: string]: string };
    };

/**
 * The posted form as the schema has it. A field that was sent more than once is a list (see `severalOf`). A schema's messages
 * are shown to people beside the field: give each rule one.
 */
export function readForm<T>({ form }: Pick<OpenVisit, 'form'>, schema: z.ZodType<T>): ReadForm<T> {
  const names = [...new Set(form.keys())];
  const fields = Object.fromEntries(
    names.map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = new Map<string, string>();
  for (const { path, message } of parsed.error.issues) {
    const field = String(path[0] ?? '');
    if (!errors.has(field)) errors.set(field, message);
  }
  const values = Object.fromEntries(names.map((name) => [name, form.get(name) ?? '']));
  return { ok: false, errors: Object.fromEntries(errors), values };
}

/** For boxes of one name, of which none, one or several are ticked. */
export const severalOf = <T extends z.ZodType>(one: T) =>
  z.preprocess((sent) => (sent === undefined ? [] : Array.isArray(sent) ? sent : [sent]), z.array(one));
