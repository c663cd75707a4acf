import type { ConsolePage } from '../page.ts';
import { API_KEY_PAGES } from './api-keys.ts';
import { CHANGE_REQUEST_PAGES } from './change-request.ts';
import { CHANGE_REQUESTS_PAGES } from './change-requests.ts';
import { DRILL_PAGES } from './drills.ts';
import { HEALTH_PAGES } from './health.ts';
import { IDENTITY_PAGES } from './identity.ts';
import { MAIL_PAGES } from './mails.ts';
import { NEW_PERSON_PAGES } from './new-person.ts';
import { PEOPLE_PAGES } from './people.ts';
import { PERSON_PAGES } from './person.ts';
import { SETTINGS_PAGES } from './settings.ts';
import { WAITING_PAGES } from './waiting.ts';

/** What operators look after: who may do what, what guards the keys, and what has got stuck. */
export const OPERATOR_PAGES: readonly ConsolePage[] = [
  ...PEOPLE_PAGES,
  ...NEW_PERSON_PAGES,
  ...PERSON_PAGES,
  ...API_KEY_PAGES,
  ...IDENTITY_PAGES,
  ...CHANGE_REQUESTS_PAGES,
  ...CHANGE_REQUEST_PAGES,
  ...SETTINGS_PAGES,
  ...MAIL_PAGES,
  ...WAITING_PAGES,
  ...DRILL_PAGES,
  ...HEALTH_PAGES,
];
