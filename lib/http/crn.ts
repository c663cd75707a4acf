import type { HonoRequest } from 'hono';
import { CRN_RULE, type CrnPattern, isCrn, parseCrnPattern } from '../domain/crn.ts';
import { invalidField, invalidQuery } from './bad-request.ts';

/** Clients encode what is encoded already, and gateways decode what they hand on. */
const MOST_DECODINGS = 4;

/** Decoded until it does not look encoded any more; undefined for what is badly encoded. A CRN holds no `%` itself. */
function decoded(text: string): string | undefined {
  let crn = text;
  try {
    for (let times = 0; times < MOST_DECODINGS && /^crn%(?:25)*3a/i.test(crn); times += 1) {
      crn = decodeURIComponent(crn);
    }
  } catch {
    return undefined;
  }
  return crn;
}

/** The resource that the path names: all that follows in it, since a CRN has slashes. @throws RequestProblem */
export function crnOf(request: HonoRequest): string {
  const crn = decoded(request.param('crn') ?? '');
  if (crn === undefined || !isCrn(crn)) throw invalidField('resourceCrn', CRN_RULE);
  return crn;
}

const QUERY = 'urlEncodedResourceCRNQuery';

/**
 * Which resources are looked for.
 * @param wide whether any segment may be a wildcard (for one key), or only those after the service's instance.
 * @throws RequestProblem
 */
export function crnPatternOf(
  text: string | undefined,
  { wide }: { readonly wide: boolean },
): CrnPattern | undefined {
  if (text === undefined) return undefined;
  const crn = decoded(text);
  const pattern = crn === undefined ? undefined : parseCrnPattern(crn, { wide });
  if (pattern !== undefined) return pattern;
  throw invalidQuery(
    QUERY,
    `${CRN_RULE}; \`*\` in the place of a segment${wide ? '' : ' after the first eight'}, or at the end of the last`,
  );
}
