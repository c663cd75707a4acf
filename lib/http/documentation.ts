import { docsPage } from '../pages/docs-page.ts';
import { PAGE_HEADERS } from '../pages/headers.ts';
import type { OpenRoute } from './open-route.ts';
import { type Documentation, openApiDocument } from './openapi.ts';

type Routes = Omit<Documentation, 'url'>;

/** What is told of these routes, and of itself: to programs, and to people. Asks for no credential and holds no secret. */
export function documentation(routes: Routes): readonly OpenRoute[] {
  const own: readonly OpenRoute[] = [
    {
      method: 'GET',
      path: '/openapi.json',
      id: 'getOpenApi',
      summary: 'Read this documentation as an OpenAPI document',
      tag: 'Service',
      answers: { 200: { what: 'OpenAPI 3.1' } },
      handle: async ({ settings }, c) => c.json(documentOf(settings.publicUrl)),
    },
    {
      method: 'GET',
      path: '/docs',
      id: 'getDocs',
      summary: 'Read this documentation as a page',
      tag: 'Service',
      answers: { 200: { what: 'HTML' } },
      handle: async ({ settings }, c) => c.html(pageOf(settings.publicUrl), 200, { ...PAGE_HEADERS }),
    },
  ];
  const documentOf = once((url: string) =>
    openApiDocument({ ...routes, openRoutes: [...routes.openRoutes, ...own], url }),
  );
  const pageOf = once((url: string) => docsPage(documentOf(url)));
  return own;
}

/** Makes it for the first request, and again only for another address. */
function once<T>(make: (url: string) => T): (url: string) => T {
  let known: { readonly url: string; readonly made: T } | undefined;
  return (url) => {
    if (known?.url !== url) known = { url, made: make(url) };
    return known.made;
  };
}
