const ENTITIES: { readonly [entity: string]: string } = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#x27': "'",
  '#x2F': '/',
};

export const decodeEntities = (html: string): string =>
  html.replace(/&(amp|lt|gt|quot|#39|#x27|#x2F);/gi, (_, name: string) => ENTITIES[name.toLowerCase()] ?? _);

/** Every absolute URL of a mail, in its text, in its HTML's text, and in any attribute. */
export function linksOf(mail: { readonly text: string; readonly html: string }): readonly string[] {
  const found = [mail.text, decodeEntities(mail.html)].flatMap(
    (part) => part.match(/https?:\/\/[^\s<>"'`]+/gi) ?? [],
  );
  return [...new Set(found.map((link) => link.replace(/[),.;:!?\]]+$/, '')))];
}

/** The link as filters, click trackers, mail programs and people change it on its way. */
export function rewritesOf(link: string): readonly string[] {
  const url = new URL(link);
  const withPath = (path: string) => `${url.origin}${path}${url.search}`;
  const rewrites = [
    `${link}${url.search === '' ? '?' : '&'}utm_source=mail&fbclid=scan`,
    `${link}?decision=approve&decision=deny&confirm=000000`,
    `${link}#fragment`,
    `${link}.`,
    `${link}/`,
    `${link}%20`,
    `${link}=20`,
    `${link}&amp;`,
    withPath(url.pathname.toUpperCase()),
    withPath(url.pathname.toLowerCase()),
    withPath(`/${url.pathname}`),
    withPath(url.pathname.replace(/\/(?=[^/]*$)/, '//')),
    withPath(url.pathname.replace(/[^/]*$/, (last) => encodeURIComponent(encodeURIComponent(last)))),
    withPath(url.pathname.slice(0, -1)),
    withPath(url.pathname.replace(/[^/]+$/, '')),
    link.replace(url.host, url.host.toUpperCase()),
  ];
  return rewrites.filter((rewrite) => URL.canParse(rewrite));
}
