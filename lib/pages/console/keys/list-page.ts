import { html } from 'hono/html';
import { couldCall } from '../../../domain/access.ts';
import { ACTIVE, DEACTIVATED, DESTROYED, type Key, type KeyState, SUSPENDED } from '../../../domain/key.ts';
import type { FilterCondition } from '../../../domain/key-filter.ts';
import { parseSearch } from '../../../domain/key-search.ts';
import type { SortTerm } from '../../../domain/key-sort.ts';
import { type EpochMillis, SECOND } from '../../../domain/time.ts';
import { listKeys } from '../../../operations/list-keys.ts';
import type { Html } from '../../layout.ts';
import { time, typed } from '../../parts.ts';
import { TIME_HINT, timeFrom } from '../audit/time-field.ts';
import { filterForm, formErrors, formField, selectField } from '../fields.ts';
import type { FieldErrors } from '../form.ts';
import { consoleLayout } from '../layout.ts';
import { notForYou } from '../messages.ts';
import { type Answer, page, type Visit } from '../page.ts';
import { pager, table, tag } from '../parts.ts';
import { paths } from '../paths.ts';
import { refusalInWords } from '../refused.ts';
import { ringsFor } from './rings.ts';
import { kindWords, setUntil, stateTag, stateWords } from './words.ts';

const PAGE = 50;
const LIVING: readonly KeyState[] = [ACTIVE, SUSPENDED, DEACTIVATED];
const EVERY: readonly KeyState[] = [...LIVING, DESTROYED];

const STATE_OPTIONS = [
  ['', 'not destroyed'],
  ...EVERY.map((state) => [String(state), stateWords(state)] as const),
  ['all', 'all'],
] as const;

const KIND_OPTIONS = [
  ['', 'all'],
  ['root', 'root keys'],
  ['standard', 'standard keys'],
] as const;

const SORTS: { readonly [name: string]: { readonly words: string; readonly terms: readonly SortTerm[] } } = {
  '': { words: 'newest first', terms: [{ property: 'creationDate', descending: true }] },
  oldest: { words: 'oldest first', terms: [{ property: 'creationDate', descending: false }] },
  changed: { words: 'changed last first', terms: [{ property: 'lastUpdateDate', descending: true }] },
  expiring: { words: 'expiring first', terms: [{ property: 'expirationDate', descending: false }] },
  rotated: { words: 'rotated longest ago first', terms: [{ property: 'lastRotateDate', descending: false }] },
};

/** Keys with search, state and filters, all of them in the address. */
export async function showKeys(visit: Visit): Promise<Answer> {
  const { listing, keyRingId, errors } = readListing(visit);
  const caller = keyRingId === undefined ? visit.caller : { ...visit.caller, keyRingId };
  const listed = await listKeys(visit.context, caller, { ...listing, limit: PAGE + 1 });
  if (!listed.ok && listed.refusal.code === 'access-denied') return notForYou(visit);
  const all = listed.ok
    ? errors
    : { ...errors, search: `${refusalInWords(listed.refusal).message} Narrow it by state or ring.` };
  const keys = listed.ok ? listed.value.keys : [];
  const isRight = Object.keys(all).length === 0;
  const title = 'Keys';
  const next = keys.length > PAGE ? String(listing.offset + PAGE) : undefined;
  const now = visit.context.clock.now();
  const main = html`${formErrors(all)}
<h1>${title}</h1>
${couldCall(visit.caller.person, 'createKey') && html`<p class="actions"><a class="button" href="${visit.href(paths.newKey)}">Create a key</a></p>`}
${filters(visit, all, await ringsFor(visit, 'listKeys'))}
${listed.ok && listed.value.incompleteSearch === true && html`<p>There are too many keys to search: this is the one of that id or alias.</p>`}
${listed.ok && keyTable(visit, keys.slice(0, PAGE), now)}
${pager(visit, next)}`;
  return page(
    consoleLayout({
      visit,
      title: isRight ? title : `Error: ${title}`,
      current: paths.keys,
      main,
      wide: true,
    }),
    isRight ? 200 : 422,
  );
}

/** What the address asks for; what cannot be read does not narrow, and is said. */
function readListing({ query }: Visit) {
  const text = (name: string) => query.get(name)?.trim() || undefined;
  const typedSearch = text('search');
  const search = typedSearch === undefined ? undefined : parseSearch(typedSearch);
  const from = timeFrom(query.get('from'), 'from');
  const to = timeFrom(query.get('to'), 'to');
  const kind = text('kind');
  const after = query.get('after') ?? '0';
  const errors: FieldErrors = {
    ...(typedSearch !== undefined && search === undefined && { search: 'This is too long to search for' }),
    ...(from.error !== undefined && { from: from.error }),
    ...(to.error !== undefined && { to: to.error }),
  };
  return {
    errors,
    keyRingId: text('ring'),
    listing: {
      search,
      states: statesOf(query.get('state') ?? ''),
      extractable: kind === 'root' || kind === 'standard' ? kind === 'standard' : undefined,
      filter: [...condition('gte', from.value), ...condition('lt', to.value)],
      sort: SORTS[query.get('sort') ?? '']?.terms ?? [],
      offset: /^\d{1,6}$/.test(after) ? Number(after) : 0,
    },
  };
}

function statesOf(asked: string): readonly KeyState[] {
  if (asked === 'all') return EVERY;
  const one = EVERY.filter((state) => String(state) === asked);
  return one.length > 0 ? one : LIVING;
}

const condition = (is: 'gte' | 'lt', at: EpochMillis | undefined): readonly FilterCondition[] =>
  at === undefined ? [] : [{ property: 'creationDate', is, than: Math.floor(at / SECOND) }];

/** What is seldom needed is folded, unless it narrows the list. */
const FOLDED = ['kind', 'ring', 'from', 'to', 'sort'] as const;

const filters = (visit: Visit, errors: FieldErrors, rings: readonly string[]): Html => {
  const value = (name: string) => visit.query.get(name) ?? '';
  const isUnfolded = FOLDED.some((name) => value(name) !== '');
  return filterForm(
    visit,
    html`${formField({ name: 'search', label: 'Name or alias', type: 'search', value: value('search'), error: errors.search, maxLength: 256 })}
${selectField({ name: 'state', label: 'State', value: value('state'), options: STATE_OPTIONS })}
<details class="more"${isUnfolded && html` open`}><summary>More filters, and the order</summary>
${selectField({ name: 'kind', label: 'Kind', value: value('kind'), options: KIND_OPTIONS })}
${selectField({ name: 'ring', label: 'Key ring', value: value('ring'), options: [['', 'all'], ...rings.map((ring) => [ring, ring] as const)] })}
${formField({ name: 'from', label: 'Created from', hint: TIME_HINT, value: value('from'), error: errors.from, maxLength: 40 })}
${formField({ name: 'to', label: 'Created to', hint: TIME_HINT, value: value('to'), error: errors.to, maxLength: 40 })}
${selectField({ name: 'sort', label: 'Order', value: value('sort'), options: Object.entries(SORTS).map(([name, { words }]) => [name, words] as const) })}
</details>`,
  );
};

const keyTable = (visit: Visit, keys: readonly Key[], now: EpochMillis): Html =>
  table({
    caption: 'Keys',
    rows: keys,
    empty: 'There is no such key.',
    columns: [
      {
        label: 'Name',
        heading: true,
        cell: ({ id, name }) => html`<a href="${visit.href(paths.key(id))}">${typed(name)}</a>`,
      },
      { label: 'State', cell: (key) => html`${stateTag(key)}${setForDeletion(key, now)}` },
      { label: 'Kind', cell: kindWords },
      { label: 'Key ring', cell: ({ keyRingId }) => typed(keyRingId) },
      {
        label: 'Aliases',
        cell: ({ aliases }) =>
          aliases.length === 0
            ? '–'
            : html`${aliases.map((alias, i) => html`${i > 0 && ', '}${typed(alias)}`)}`,
      },
      { label: 'Created', cell: ({ createdAt }) => time(createdAt) },
    ],
  });

function setForDeletion(key: Key, now: EpochMillis): Html | '' {
  const until = setUntil(key, now);
  return until === undefined
    ? ''
    : html` ${tag('set for deletion', 'danger')}<div>until ${time(until)}</div>`;
}
