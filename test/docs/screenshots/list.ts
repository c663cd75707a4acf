import { DESKTOP, PHONE } from '../../pages/console/browse.ts';
import type { LivedIn, Name } from './story.ts';

export interface Screenshot {
  /** In docs/images. */
  readonly file: string;
  readonly width: number;
  readonly colorScheme?: 'dark';
  /** As it comes out of a printer. */
  readonly print?: true;
  /** Nobody has to sign in where it is not given. */
  readonly as?: Name;
  readonly path: (story: LivedIn) => string;
  /** The heading that the picture begins with. Default: the page's beginning. */
  readonly from?: string;
  /** How much of the page it shows at most, in pixels. Default: all of it. */
  readonly height?: number;
}

/** About as wide as a sheet of A4 at 96 pixels an inch, without its margins. */
const SHEET = 720;

/** The main pages of the console, as docs/console.md and the README show them. */
export const SCREENSHOTS: readonly Screenshot[] = [
  { file: 'decision-phone.png', width: PHONE, path: ({ link }) => link },
  { file: 'home-phone.png', width: PHONE, as: 'alice', path: () => '/' },
  { file: 'home-dark.png', width: DESKTOP, colorScheme: 'dark', as: 'bob', path: () => '/', height: 660 },
  { file: 'keys.png', width: DESKTOP, as: 'wendy', path: () => '/keys' },
  { file: 'key.png', width: DESKTOP, as: 'wendy', path: ({ quiet }) => `/keys/${quiet}` },
  { file: 'request-phone.png', width: PHONE, as: 'wendy', path: ({ quiet }) => `/keys/${quiet}/delete` },
  { file: 'authorizations.png', width: DESKTOP, as: 'rita', path: () => '/authorizations' },
  {
    file: 'authorization.png',
    width: DESKTOP,
    as: 'rita',
    path: ({ destroyed }) => destroyed,
    from: 'The way through the workflow',
    height: 1456,
  },
  {
    file: 'evidence.png',
    width: SHEET,
    print: true,
    height: 1364,
    as: 'rita',
    path: ({ destroyed }) => `${destroyed}/evidence`,
  },
  { file: 'people.png', width: DESKTOP, as: 'alice', path: () => '/people' },
  { file: 'change-request.png', width: DESKTOP, as: 'bob', path: ({ change }) => change },
  {
    file: 'mails-dark.png',
    width: DESKTOP,
    colorScheme: 'dark',
    as: 'alice',
    path: () => '/mails?status=due',
    height: 600,
  },
];
