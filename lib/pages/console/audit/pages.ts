import { CursorError } from '../../../domain/errors.ts';
import { authorizationEvidence } from '../../../operations/authorization-evidence.ts';
import { authorizationHistory } from '../../../operations/authorization-history.ts';
import { listAuthorizations } from '../../../operations/list-authorizations.ts';
import { couldHaveApproved } from '../../../operations/who-could-approve.ts';
import { notForYou, notFound } from '../messages.ts';
import { type Answer, type ConsolePage, consolePage, page, type Visit } from '../page.ts';
import { PATTERNS } from '../paths.ts';
import { authorizationPage } from './authorization-page.ts';
import { evidencePage } from './evidence-page.ts';
import { listPage, readFilter } from './list-page.ts';
import { timeFrom } from './time-field.ts';

const PAGE = 50;

/** What auditors look at; one authorization's own page is everybody's who has to do with it. */
export const AUDIT_PAGES: readonly ConsolePage[] = [
  consolePage({
    method: 'GET',
    path: PATTERNS.authorizations,
    who: 'listAuthorizations',
    handle: async (visit) => {
      const read = readFilter(visit);
      const after = visit.query.get('after') ?? undefined;
      const listing = { ...read.filter, limit: PAGE, cursor: after };
      try {
        const listed = await listAuthorizations(visit.context, visit.caller, listing);
        if (!listed.ok) return notForYou(visit);
        return page(listPage(visit, read, listed.value), Object.keys(read.errors).length === 0 ? 200 : 422);
      } catch (error) {
        // An address that was kept for too long, or typed.
        if (error instanceof CursorError) return notFound(visit);
        throw error;
      }
    },
  }),
  consolePage({
    method: 'GET',
    path: PATTERNS.authorization,
    who: 'readHistory',
    handle: async (visit) => {
      const at = timeFrom(visit.query.get('at'), 'from');
      const found = await authorizationHistory(visit.context, visit.caller, nameOf(visit));
      if (!found.ok) return missing(visit, found);
      const { person } = visit.caller;
      const now = visit.context.clock.now();
      return page(
        authorizationPage(visit, {
          ...found.value,
          approvers: await couldHaveApproved(visit.context, found.value, at.value),
          atError: at.error,
          person,
          now,
        }),
        at.error === undefined ? 200 : 422,
      );
    },
  }),
  consolePage({
    method: 'GET',
    path: PATTERNS.evidence,
    who: 'exportEvidence',
    handle: async (visit) => {
      const found = await authorizationEvidence(visit.context, visit.caller, nameOf(visit));
      if (!found.ok) return missing(visit, found);
      return page(evidencePage(visit, found.value, visit.context.clock.now()));
    },
  }),
];

const nameOf = (visit: Visit) => ({
  key: visit.param('keyId'),
  authorizationId: visit.param('authorizationId'),
});

const missing = (
  visit: Visit,
  refused: { readonly ok: boolean; readonly refusal?: { readonly code: string } },
): Answer => (refused.refusal?.code === 'access-denied' ? notForYou(visit) : notFound(visit));
