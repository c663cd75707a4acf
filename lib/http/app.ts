import { Hono, type Context as HonoContext } from 'hono';
import { TransientError } from '../domain/errors.ts';
import type { Context } from '../operations/context.ts';
import { claimPages } from '../pages/claim-routes.ts';
import { paths } from '../pages/console/paths.ts';
import { type ConsoleOptions, consolePages } from '../pages/console/serve.ts';
import { drillPages } from '../pages/drill-routes.ts';
import { pages } from '../pages/routes.ts';
import { ALIASES } from './aliases.ts';
import { API_KEYS } from './api-keys.ts';
import { AUTHORIZATION } from './authorization.ts';
import { AUTHORIZATIONS } from './authorizations.ts';
import { limitBody } from './body-limit.ts';
import { CHANGE_REQUESTS } from './change-requests.ts';
import { CLAIMS } from './claims.ts';
import type { Described } from './describe.ts';
import { DESTRUCTION } from './destruction.ts';
import { documentation } from './documentation.ts';
import { DRILLS } from './drills.ts';
import type { Endpoint } from './endpoint.ts';
import { EVENTS } from './events.ts';
import { EVIDENCE } from './evidence.ts';
import { EXTERNAL_KEYS } from './external-keys.ts';
import { FROZEN_REQUESTS } from './frozen-requests.ts';
import { HEALTH } from './health.ts';
import { HISTORY } from './history.ts';
import { IDENTITY } from './identity.ts';
import { IDENTITY_BINDING } from './identity-binding.ts';
import { IMPORT_TOKEN_ROUTES } from './import-token.ts';
import { INSTANCE_ROUTES } from './instance.ts';
import { INSTANCE_POLICIES } from './instance-policies.ts';
import { KEY_ACTIONS } from './key-actions.ts';
import { KEY_RINGS } from './key-rings.ts';
import { KEYS } from './keys.ts';
import { guessLimiter } from './limiter.ts';
import { MAILS } from './mails.ts';
import { MANIFEST } from './manifest.ts';
import { errorFields, observe, type SeenRequest } from './observe.ts';
import type { OpenRoute } from './open-route.ts';
import { PEOPLE } from './people.ts';
import { POLICIES } from './policies.ts';
import { INTERNAL, type Problem, RequestProblem, UNAVAILABLE } from './problem.ts';
import { REGISTRATIONS } from './registrations.ts';
import { problemResponse, serveEndpoint } from './serve.ts';
import { connectionSource, countGuesses, type SourceOf } from './source.ts';
import { VERSIONS } from './versions.ts';

/** Everything that asks who calls. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...REGISTRATIONS,
  ...KEYS,
  ...EXTERNAL_KEYS,
  ...ALIASES,
  ...KEY_RINGS,
  ...IMPORT_TOKEN_ROUTES,
  ...KEY_ACTIONS,
  ...DESTRUCTION,
  ...POLICIES,
  ...VERSIONS,
  ...INSTANCE_POLICIES,
  ...INSTANCE_ROUTES,
  ...AUTHORIZATION,
  ...AUTHORIZATIONS,
  ...MANIFEST,
  ...HISTORY,
  ...EVIDENCE,
  ...EVENTS,
  ...PEOPLE,
  ...FROZEN_REQUESTS,
  ...CHANGE_REQUESTS,
  ...CLAIMS,
  ...API_KEYS,
  ...IDENTITY_BINDING,
  ...MAILS,
  ...DRILLS,
];

const UNDOCUMENTED: readonly OpenRoute[] = [...IDENTITY, ...HEALTH];

/** In bytes. The largest that is needed is a standard key's payload, 10 KB of base64. */
const LARGEST_BODY = 1024 * 1024;

const TOO_LARGE: Problem = {
  status: 413,
  code: 'BODY_TOO_LARGE_ERR',
  message: `The body must have at most ${LARGEST_BODY} bytes`,
};

const NO_SUCH_ROUTE: Problem = {
  status: 404,
  code: 'ROUTE_NOT_FOUND_ERR',
  message: 'There is nothing at this address',
};

const OPEN_ROUTES: readonly OpenRoute[] = [
  ...UNDOCUMENTED,
  ...documentation({
    endpoints: ENDPOINTS,
    openRoutes: UNDOCUMENTED,
    problems: [TOO_LARGE, NO_SUCH_ROUTE, methodNotAllowed(''), INTERNAL, UNAVAILABLE],
  }),
];

export interface AppOptions {
  /** Where requests come from, for the limit on guessing. Default: whom the connection is from. */
  readonly sourceOf?: SourceOf;
  /** Pages that only some installations have, such as the outbox. */
  readonly extraRoutes?: readonly Hono[];
  /** Told of every request that was answered. */
  readonly seen?: (request: SeenRequest) => void;
  /** Ways to sign in to the console beside the API key. Default: the context's issuer, where it has one. */
  readonly signInMethods?: ConsoleOptions['signInMethods'];
}

/** The one app, for Lambda and for Node: the Key Protect API, Countersign's own routes, the token service, the pages. */
export function createApp(
  context: Context,
  {
    extraRoutes = [],
    sourceOf = connectionSource,
    signInMethods = waysToSignIn(context),
    seen,
  }: AppOptions = {},
): Hono {
  const app = new Hono();
  app.onError((error, c) => problemResponse(c, problemFor(error, c, context)));
  app.notFound((c) => problemResponse(c, NO_SUCH_ROUTE));
  app.use(observe(context, seen));
  app.use(countGuesses(guessLimiter(context.clock), sourceOf));
  app.use(limitBody(LARGEST_BODY, (c) => problemResponse(c, TOO_LARGE)));
  refuseUnsafeHeads(app);
  const serve = serveEndpoint(context);
  for (const endpoint of ENDPOINTS) app.on(endpoint.method, endpoint.path, serve(endpoint));
  for (const { method, path, handle } of OPEN_ROUTES) app.on(method, path, (c) => handle(context, c));
  refuseOtherMethods(app, [...ENDPOINTS, ...OPEN_ROUTES]);
  for (const routes of [pages(context), claimPages(context), drillPages(context), ...extraRoutes])
    app.route('/', routes);
  // The last, so that it stands before nothing.
  app.all('*', consolePages(context, { signInMethods }));
  return app;
}

const waysToSignIn = ({ identity }: Context): NonNullable<ConsoleOptions['signInMethods']> =>
  identity === undefined ? [] : [{ href: paths.signInElsewhere, label: identity.label }];

/** The router hands a HEAD to the GET of its path, which here must not happen. */
function refuseUnsafeHeads(app: Hono) {
  for (const { path } of ENDPOINTS.filter(({ unsafe }) => unsafe === true)) {
    const allow = allowedMethods(ENDPOINTS, path);
    app.use(path, (c, next) =>
      c.req.method === 'HEAD' ? Promise.resolve(problemResponse(c, methodNotAllowed(allow))) : next(),
    );
  }
}

type Route = Pick<Described, 'method' | 'path' | 'unsafe'>;

const allowedMethods = (routes: readonly Route[], path: string): string =>
  routes
    .filter((route) => route.path === path)
    .flatMap(({ method, unsafe }) => (method === 'GET' && unsafe !== true ? ['GET', 'HEAD'] : [method]))
    .join(', ');

/** RFC 9110, section 15.5.6: a path that is there answers 405 to other methods, and says which it has. */
function refuseOtherMethods(app: Hono, routes: readonly Route[]) {
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = allowedMethods(routes, path);
    app.all(path, (c) => problemResponse(c, methodNotAllowed(allow)));
  }
}

function methodNotAllowed(allow: string): Problem {
  return {
    status: 405,
    code: 'METHOD_NOT_ALLOWED_ERR',
    message: `The method must be one of ${allow}`,
    headers: { allow },
  };
}

/** What the caller learns of an exception: whether to repeat. What the matter is goes to the log. */
function problemFor(error: Error, c: HonoContext, { log }: Context): Problem {
  if (error instanceof RequestProblem) return error.problem;
  log.error('a request failed', { correlationId: c.get('correlationId'), ...errorFields(error) });
  return error instanceof TransientError ? UNAVAILABLE : INTERNAL;
}
