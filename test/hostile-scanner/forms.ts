import { decodeEntities } from './links.ts';

/** A form of a page, as far as it matters for sending it. */
export interface Form {
  readonly method: string;
  /** Absolute. */
  readonly action: string;
  /** Fields with the values that the page gives them. */
  readonly defaults: readonly Field[];
  /** Each pair that a submit button adds. */
  readonly buttons: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly value: string;
  /** Whether somebody types into it. */
  readonly typed: boolean;
}

/** Reads the forms of a page: no browser's parser, but as good as that of many a scanner. */
export function formsOf(page: string, url: string): readonly Form[] {
  return [...page.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, tag = '', inside = '']) => ({
    method: (attribute(tag, 'method') ?? 'get').toUpperCase(),
    action: new URL(attribute(tag, 'action') || url, url).href,
    defaults: [...inputs(inside), ...textareas(inside), ...selects(inside)],
    buttons: buttonsOf(inside),
  }));
}

const attribute = (tag: string, name: string): string | undefined => {
  const [, double, single, bare] =
    new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(` ${tag}`) ?? [];
  const value = double ?? single ?? bare;
  return value === undefined ? undefined : decodeEntities(value);
};

const TYPED = new Set(['text', 'password', 'email', 'search', 'tel', 'url', 'number']);
const BUTTONS = new Set(['submit', 'image', 'button', 'reset']);

function inputs(html: string): readonly Field[] {
  return [...html.matchAll(/<input\b([^>]*)>/gi)].flatMap(([, tag = '']) => {
    const name = attribute(tag, 'name');
    const type = (attribute(tag, 'type') ?? 'text').toLowerCase();
    if (name === undefined || BUTTONS.has(type)) return [];
    return [{ name, value: attribute(tag, 'value') ?? '', typed: TYPED.has(type) }];
  });
}

const textareas = (html: string): readonly Field[] =>
  [...html.matchAll(/<textarea\b([^>]*)>(.*?)<\/textarea>/gis)].flatMap(([, tag = '', value = '']) => {
    const name = attribute(tag, 'name');
    return name === undefined ? [] : [{ name, value: decodeEntities(value), typed: true }];
  });

const selects = (html: string): readonly Field[] =>
  [...html.matchAll(/<select\b([^>]*)>.*?<option\b([^>]*)>/gis)].flatMap(([, tag = '', option = '']) => {
    const name = attribute(tag, 'name');
    return name === undefined ? [] : [{ name, value: attribute(option, 'value') ?? '', typed: false }];
  });

const buttonsOf = (html: string): readonly Field[] =>
  [...html.matchAll(/<(button|input)\b([^>]*)>/gi)].flatMap(([, element = '', tag = '']) => {
    const type = (
      attribute(tag, 'type') ?? (element.toLowerCase() === 'button' ? 'submit' : 'text')
    ).toLowerCase();
    const name = attribute(tag, 'name');
    const submits = type === 'submit' || type === 'image';
    return name !== undefined && submits
      ? [{ name, value: attribute(tag, 'value') ?? '', typed: false }]
      : [];
  });

/**
 * Every way to send a form: by each button and by none, with its typed fields empty, as the page has them, and with
 * each of the words in all of them.
 */
export function* submissionsOf(form: Form, words: readonly string[]): Generator<URLSearchParams> {
  const presses = [undefined, ...form.buttons];
  const fills: readonly ((field: Field) => string)[] = [
    () => '',
    ({ value }) => value,
    ...words.map((word) => () => word),
  ];
  for (const press of presses) {
    for (const fill of fills) {
      const fields = new URLSearchParams();
      for (const field of form.defaults) fields.append(field.name, field.typed ? fill(field) : field.value);
      if (press !== undefined) fields.append(press.name, press.value);
      yield fields;
    }
  }
}
