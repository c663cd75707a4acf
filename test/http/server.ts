import type { Hono } from 'hono';
import { createApp } from '../../lib/http/app.ts';
import type { Context } from '../../lib/operations/context.ts';
import type { LogFields } from '../../lib/ports/log.ts';
import { openStory, type Story, type StoryOptions } from '../support/story.ts';

type Name = keyof Story['apiKeys'];

export interface Sent {
  /** Sent as JSON; a string goes as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One object of an answer's envelope; `id` is there when it is a key or a policy. */
export interface Resource {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly errorMsg?: string;
  readonly reasons?: readonly Reason[];
}

export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly target?: { readonly type: string; readonly name: string };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer's JSON; `{}` when it has none. */
  readonly json: { readonly [name: string]: unknown; readonly metadata?: unknown };
  readonly resources: readonly Resource[];
  /** The one resource, or an empty one. */
  readonly resource: Resource;
  /** The first reason's code and target, in one line: `INVALID_FIELD_ERR field name`. */
  readonly reason: string;
}

/** The app over a real store and a real engine, and everything that it writes and logs. */
export interface Server {
  readonly story: Story;
  readonly app: Hono;
  readonly context: Context;
  readonly logged: readonly { readonly message: string; readonly fields: LogFields }[];
  /** How many transactions were committed and executions started through the app. */
  changes(): number;
  /** A request by somebody of the story, or with the headers given alone. */
  call(name: Name | undefined, route: string, sent?: Sent): Promise<Answered>;
  close(): Promise<void>;
}

export async function openServer(options: StoryOptions = {}): Promise<Server> {
  const story = await openStory(options);
  const logged: { message: string; fields: LogFields }[] = [];
  const note = (message: string, fields: LogFields = {}) => void logged.push({ message, fields });
  let changes = 0;
  const { store, workflow, ...rest } = story.context;
  const context: Context = {
    ...rest,
    log: { info: note, error: note },
    store: {
      ...store,
      commit: (writes) => {
        changes += 1;
        return store.commit(writes);
      },
    },
    workflow: {
      ...workflow,
      start: (name, input) => {
        changes += 1;
        return workflow.start(name, input);
      },
    },
  };
  const app = createApp(context);
  const call: Server['call'] = async (name, route, sent = {}) =>
    answered(await app.request(...requestOf(story, name, route, sent)));
  return { story, app, context, logged, changes: () => changes, call, close: () => story.close() };
}

/** A request by somebody of the story. @returns its path, and the rest of it. */
export function requestOf(
  story: Pick<Story, 'apiKeys' | 'instanceId'>,
  name: Name | undefined,
  route: string,
  { body, headers }: Sent,
): [string, RequestInit] {
  const [method = 'GET', path = '/'] = route.split(' ');
  const all = new Headers(name === undefined ? {} : headersOf(story, name));
  for (const [header, value] of Object.entries(headers ?? {})) all.set(header, value);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return [path, { method, headers: all, ...(body !== undefined && { body: text }) }];
}

export const headersOf = (
  story: Pick<Story, 'apiKeys' | 'instanceId'>,
  name: Name,
): Record<string, string> => ({
  authorization: `Bearer ${story.apiKeys[name]}`,
  'Bluemix-Instance': story.instanceId,
});

export async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const json = (isJson && text !== '' ? JSON.parse(text) : {}) as Answered['json'];
  const resources = (json.resources ?? []) as readonly Resource[];
  const [resource = { id: '' }] = resources;
  const [reason] = resource.reasons ?? [];
  const { status, headers } = response;
  const target = reason?.target === undefined ? '' : ` ${reason.target.type} ${reason.target.name}`;
  return { status, headers, text, json, resources, resource, reason: `${reason?.code}${target}` };
}

/** An envelope as the clients send it. */
export const envelope = (...resources: readonly unknown[]) => ({
  metadata: { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: resources.length },
  resources,
});
