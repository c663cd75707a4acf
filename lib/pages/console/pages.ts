import { AUDIT_PAGES } from './audit/pages.ts';
import { DECISION_PAGES } from './decide/pages.ts';
import { HOME_PAGES } from './home.ts';
import { INSTANCE_PAGES } from './instances.ts';
import { KEY_PAGES } from './keys/pages.ts';
import { OPERATOR_PAGES } from './operate/pages.ts';
import type { ConsolePage } from './page.ts';
import { PATTERNS } from './paths.ts';
import { SIGN_IN_PAGES } from './sign-in.ts';
import { SIGN_IN_ELSEWHERE_PAGES } from './sign-in-elsewhere.ts';

/** Every page of the console. One list an area. */
export const CONSOLE_PAGES: readonly ConsolePage[] = [
  ...SIGN_IN_PAGES,
  ...SIGN_IN_ELSEWHERE_PAGES,
  ...INSTANCE_PAGES,
  ...HOME_PAGES,
  ...AUDIT_PAGES,
  ...KEY_PAGES,
  ...DECISION_PAGES,
  ...OPERATOR_PAGES,
];

/** The entries of the navigation in their order; one is shown to whom its page opens for, once there is that page. */
export const NAVIGATION: readonly { readonly path: string; readonly label: string }[] = [
  { path: PATTERNS.home, label: 'Waiting' },
  { path: PATTERNS.keys, label: 'Keys' },
  { path: PATTERNS.authorizations, label: 'Authorizations' },
  { path: PATTERNS.changeRequests, label: 'Change requests' },
  { path: PATTERNS.people, label: 'People' },
  { path: PATTERNS.settings, label: 'Settings' },
  { path: PATTERNS.mails, label: 'Mails' },
  { path: PATTERNS.waiting, label: 'Who is waited for' },
  { path: PATTERNS.drills, label: 'Drills' },
  { path: PATTERNS.health, label: 'Health' },
  { path: PATTERNS.apiKeys, label: 'Your API keys' },
];
