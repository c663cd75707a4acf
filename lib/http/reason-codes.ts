import type { Described } from './describe.ts';
import { type Problem, REFUSALS } from './problem.ts';

/** Reason codes by the status that they come with. */
export type ReasonCodes = ReadonlyMap<number, ReadonlySet<string>>;

/** What a body can be refused for, by how it is sent. */
const BODY_CODES = {
  empty: ['BAD_BODY_ERR'],
  any: ['BAD_BODY_ERR', 'INVALID_FIELD_ERR', 'NO_BODY_ERR'],
  optionalObject: ['BAD_BODY_ERR', 'INVALID_FIELD_ERR'],
  object: ['BAD_BODY_ERR', 'INVALID_FIELD_ERR', 'NO_BODY_ERR'],
  collection: [
    'BAD_BODY_ERR',
    'INVALID_FIELD_ERR',
    'NO_BODY_ERR',
    'COLLECTION_TOTAL_MISMATCH_ERR',
    'BODY_QUERY_PARAM_MISMATCH_ERR',
    'NUM_COLLECTION_RESOURCE_ERR',
  ],
  form: [],
} as const;

/** The reason codes that an operation can answer with: what its inputs are checked for, and what its rules refuse. */
export function reasonCodesOf(route: Described): ReasonCodes {
  const codes = new Map<number, Set<string>>();
  const add = (status: number, code: string) =>
    void codes.set(status, (codes.get(status) ?? new Set<string>()).add(code));
  for (const code of ['INVALID_FIELD_ERR', 'BEARER_SUB_EXTRACTION_ERR']) add(400, code);
  if (route.query !== undefined) add(400, 'INVALID_QUERY_PARAM_ERR');
  for (const code of route.body === undefined ? [] : BODY_CODES[route.body.sent]) add(400, code);
  if (route.path.startsWith('/countersign/')) {
    for (const code of ['ROLE_MISSING_ERR', 'ADDRESS_NOT_ALLOWED_ERR']) add(403, code);
  }
  const refusals = route.path.includes('/keys/:id') ? (['key-not-found'] as const) : [];
  for (const refusal of [...refusals, ...(route.refusals ?? [])]) {
    const { status, code } = typeof refusal === 'string' ? REFUSALS[refusal] : refusal;
    if (code !== undefined) add(status, code);
  }
  return codes;
}

/** Every reason code that one of these operations, or any request at all, can be answered with. */
export const allReasonCodes = (
  routes: readonly Described[],
  others: readonly Problem[],
): readonly string[] => {
  const codes = [
    ...routes.flatMap((route) => [...reasonCodesOf(route).values()].flatMap((some) => [...some])),
    ...[...Object.values(REFUSALS), ...others].flatMap(({ code }) => code ?? []),
  ];
  return [...new Set(codes)].sort();
};
