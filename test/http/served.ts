import { Hono } from 'hono';
import { createApp } from '../../lib/http/app.ts';
import type { Context } from '../../lib/operations/context.ts';
import { serveApp } from '../support/served-app.ts';
import { openStory, type Story } from '../support/story.ts';
import { answered, requestOf, type Server } from './server.ts';

/** A story behind a real HTTP server, which stays when everything behind it is ended and started again. */
export async function openServed(): Promise<
  Pick<Server, 'story' | 'call' | 'close'> & { readonly url: string }
> {
  const story = await openStory();
  let behind: { readonly context: Context; readonly app: Hono } | undefined;
  const current = (): Hono => {
    if (behind?.context !== story.context) behind = { context: story.context, app: createApp(story.context) };
    return behind.app;
  };
  const served = await serveApp(new Hono().all('*', (c) => current().fetch(c.req.raw, c.env)));
  return {
    story,
    url: served.url,
    call: callsTo(story, served.url),
    close: async () => {
      await served.close();
      await story.close();
    },
  };
}

/** Requests by the people of a story to where it is served. */
export const callsTo =
  (story: Pick<Story, 'apiKeys' | 'instanceId'>, url: string): Server['call'] =>
  async (name, route, sent = {}) => {
    const [path, request] = requestOf(story, name, route, sent);
    return answered(await fetch(`${url}${path}`, request));
  };
