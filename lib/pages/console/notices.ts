/** What is told on the page after something was done. Closed: an address carries the code, and never a text. */
export const NOTICES = {
  'signed-out': 'You have signed out.',
  'identity-bound':
    'From now on you sign in with this account. Your former API keys have ended; every Manager gets a mail.',
  'identity-ended': 'That account opens nothing here any more. Every Manager gets a mail.',
  'session-ended': 'Your session is over. Sign in again; nothing was changed meanwhile.',
  'instance-changed': 'You are in another instance now.',
  'key-created': 'The key is created.',
  'key-enabled': 'The key is enabled.',
  'key-disabled': 'The key is disabled.',
  'key-rotated': 'The key has a new version.',
  'key-restored': 'The key is restored.',
  'two-people-needed': 'From now on the deletion of this key needs two people.',
  'deletion-asked': 'You asked for the deletion. Everybody who can approve it gets a mail.',
  'deletion-asked-again': 'You asked for the deletion again. Everybody who can approve it gets a new mail.',
  'deletion-withdrawn': 'The request is withdrawn. The key stays.',
  'change-asked':
    'This needs a second Manager. Nothing is changed yet: every Manager gets a mail, and it is done when one of them approves.',
  'done-in-trial':
    'Done at once, because this is a trial. Once the trial has ended, this needs a second Manager.',
  'nothing-changed': 'Nothing was different, so that nothing was changed.',
  'person-added': 'They are added.',
  'person-claims': 'They are added, and get a mail with a link to their API key.',
  'person-changed': 'The changes are made.',
  'person-frozen': 'They are frozen: nothing that they do or asked for counts.',
  'person-unfrozen': 'They can act again.',
  'requests-lifted': 'They can ask for deletions again. What they asked for before does not count again.',
  'claim-sent': 'A new link to an API key is on its way to them. An earlier one is dead.',
  'person-removed': 'They are removed.',
  'api-key-revoked': 'The API key opens nothing any more.',
  'change-approved': 'You approved it, and it is done.',
  'change-denied': 'You denied it. Nothing was changed.',
  'change-unexpected': 'You denied it, and everything else that the same person asked for is stopped.',
  'change-withdrawn': 'It is withdrawn. Nothing was changed.',
  'settings-saved': 'The settings are saved.',
  'trial-ended': 'The trial has ended: guard rails need two people from now on.',
  'policy-saved': 'The policy is saved. Every Manager gets a mail.',
  'mail-again': 'The mail is tried again within a minute.',
  'drill-confirmed': 'You have confirmed. Nothing was deleted: it was a drill.',
  'drill-started': 'The drill has begun: every Manager gets a mail with a link.',
} as const satisfies { readonly [code: string]: string };

export type Notice = keyof typeof NOTICES;

export const isNotice = (code: string | null): code is Notice =>
  code !== null && Object.hasOwn(NOTICES, code);
