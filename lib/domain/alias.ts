/** How many a key can have (Key Protect, docs: create-key-alias). */
export const MOST_ALIASES = 5;

/** What Key Protect's own paths are named; a key of that name could not be reached. */
const RESERVED: ReadonlySet<string> = new Set(
  'allowed_ip key keys metadata policy policies registration registrations ring rings rotate wrap unwrap rewrap version versions'.split(
    ' ',
  ),
);

const FORM = /^[A-Za-z0-9_-]{2,90}$/;

// RFC 9562, section 5.4: version 4. What is no such UUID is an alias, which never is one.
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export const ALIAS_RULE = '2 to 90 letters, digits, `-` and `_`, no version 4 UUID, and no reserved word';

export const isKeyId = (text: string): boolean => UUID_V4.test(text);

/** Whether a path can name a key by this: what is no version 4 UUID is an alias. */
export const canNameKey = (idOrAlias: string): boolean => FORM.test(idOrAlias);

export const isAlias = (text: string): boolean => FORM.test(text) && !isKeyId(text) && !RESERVED.has(text);
