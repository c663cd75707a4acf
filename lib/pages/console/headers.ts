import { PAGE_HEADERS, policyOf } from '../headers.ts';
import { SCRIPT_HASH } from './script.ts';
import { CONSOLE_STYLES_HASH } from './styles.ts';

/** The header by which the console's script says that it asks by itself, and not a person. */
export const QUIET_HEADER = 'x-countersign-refresh';

/** What every page of the console answers with: as the pages behind mailed links do, but for its one script. */
export const CONSOLE_HEADERS: { readonly [name: string]: string } = {
  ...PAGE_HEADERS,
  'Content-Security-Policy': policyOf({
    styles: CONSOLE_STYLES_HASH,
    // `connect-src` is for looking again at what waits.
    more: [`script-src '${SCRIPT_HASH}'`, "connect-src 'self'"],
  }),
  // No address here is a secret, and with `no-referrer` browsers would send `Origin: null` along with our own forms.
  'Referrer-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)',
};
