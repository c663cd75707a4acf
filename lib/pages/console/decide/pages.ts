import { type ConsolePage, consolePage } from '../page.ts';
import { PATTERNS } from '../paths.ts';
import { askAgain, showAskingAgain } from './ask-again.ts';
import { decide, showDecision } from './decide.ts';
import { showWithdrawal, withdraw } from './withdraw.ts';

/** What people do about a deletion that was asked for. */
export const DECISION_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.approval, who: 'denyDeletion', handle: showDecision }),
  consolePage({ method: 'POST', path: PATTERNS.approval, who: 'denyDeletion', handle: decide }),
  consolePage({
    method: 'GET',
    path: PATTERNS.withdrawal,
    who: 'unsetKeyForDeletion',
    handle: showWithdrawal,
  }),
  consolePage({ method: 'POST', path: PATTERNS.withdrawal, who: 'unsetKeyForDeletion', handle: withdraw }),
  consolePage({
    method: 'GET',
    path: PATTERNS.reauthorization,
    who: 'reauthorizeDeletion',
    handle: showAskingAgain,
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.reauthorization,
    who: 'reauthorizeDeletion',
    handle: askAgain,
  }),
];
