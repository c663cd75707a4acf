import { type ConsolePage, consolePage } from '../page.ts';
import { PATTERNS } from '../paths.ts';
import { DEED_PAGES } from './deeds.ts';
import { askForDeletion, deleteAlone, showDeletion } from './deletion-page.ts';
import { setTwoPeople, showKey } from './key-page.ts';
import { showKeys } from './list-page.ts';
import { makeKey, showNewKey } from './new-key.ts';

/** What requesters look at and ask for. */
export const KEY_PAGES: readonly ConsolePage[] = [
  consolePage({ method: 'GET', path: PATTERNS.keys, who: 'listKeys', handle: showKeys }),
  consolePage({
    method: 'GET',
    path: PATTERNS.newKey,
    who: 'createKey',
    handle: (visit) => showNewKey(visit),
  }),
  consolePage({ method: 'POST', path: PATTERNS.newKey, who: 'createKey', handle: makeKey }),
  consolePage({
    method: 'GET',
    path: PATTERNS.key,
    who: 'readKeyMetadata',
    handle: (visit) => showKey(visit),
  }),
  ...DEED_PAGES,
  consolePage({
    method: 'POST',
    path: PATTERNS.dualAuthorization,
    who: 'writePolicies',
    handle: setTwoPeople,
  }),
  consolePage({
    method: 'GET',
    path: PATTERNS.newDeletion,
    who: 'setKeyForDeletion',
    handle: (visit) => showDeletion(visit),
  }),
  consolePage({
    method: 'POST',
    path: PATTERNS.newDeletion,
    who: 'setKeyForDeletion',
    handle: askForDeletion,
  }),
  consolePage({ method: 'POST', path: PATTERNS.soleDeletion, who: 'deleteKey', handle: deleteAlone }),
];
