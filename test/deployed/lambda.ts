import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { REGION } from './cloud.ts';

/** A function as its template has it. */
export interface LambdaFunction {
  readonly name: string;
  /** The folder of its bundle. */
  readonly code: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
}

/** A failed invocation: its name is the error type, which the workflow's Retry and Catch match. */
export class LambdaError extends Error {
  constructor(errorType: string, message: string) {
    super(message);
    this.name = errorType;
  }
}

export interface Lambda {
  /**
   * Invokes a function and waits for its answer, as JSON makes it.
   * @throws LambdaError when it fails, ends, or takes longer than its time.
   */
  invoke(name: string, event: unknown): Promise<unknown>;
  /**
   * Starts one process of each function, so that no test waits for that.
   * @throws LambdaError when one cannot be started.
   */
  warm(): Promise<void>;
  /** Resolves when nothing is being invoked. */
  idle(): Promise<void>;
  /** What the functions have written, in lines. */
  readonly logs: readonly string[];
  /** Ends every process, whatever it does: the next invocation starts a new one. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface LambdaOptions {
  readonly functions: readonly LambdaFunction[];
  /** Where all of AWS is. */
  readonly endpoint: string;
  /** What the machine's clock shows where it stands still, in milliseconds since 1970; otherwise it runs. */
  readonly time: (() => number) | undefined;
  /** Where X-Ray's daemon is, as Lambda says it; without one no invocation is traced. */
  readonly tracedTo?: string | undefined;
}

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.mjs');
const RUNTIME_API = /^\/(?<environment>[^/]+)\/2018-06-01\/runtime\/(?<what>.+)$/;
/** Of one function at once; Lambda would start more. */
const MOST_ENVIRONMENTS = 3;
/** Lambda's limit for the start of a function, in milliseconds; a busy machine is slower than Lambda. */
const INIT_LIMIT = 30_000;

/** One invocation of a function, until its answer is there. */
interface Invocation {
  readonly id: string;
  readonly event: string;
  resolve(answer: unknown): void;
  reject(error: LambdaError): void;
}

/** One process of a function: runs one invocation at a time. */
interface Environment {
  readonly process: ChildProcess;
  readonly of: LambdaFunction;
  /** The request for the next invocation, while it is idle. */
  next: ServerResponse | undefined;
  current: Invocation | undefined;
  limit: NodeJS.Timeout | undefined;
}

/** A small Lambda: starts the functions as AWS does and talks to them over Lambda's Runtime API. */
export async function startLambda({ functions, endpoint, time, tracedTo }: LambdaOptions): Promise<Lambda> {
  const byName = new Map(functions.map((one) => [one.name, one]));
  const environments = new Map<string, Environment>();
  const starts = new EventEmitter().setMaxListeners(0);
  const waiting: { readonly of: LambdaFunction; readonly invocation: Invocation }[] = [];
  const logs: string[] = [];
  const running = new Set<Promise<unknown>>();
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { environment: id = '', what = '' } = RUNTIME_API.exec(request.url ?? '')?.groups ?? {};
    const environment = environments.get(id);
    const body = await textOf(request);
    if (environment === undefined) return void response.writeHead(410).end();
    if (what === 'invocation/next') {
      environment.next = response;
      clearTimeout(environment.limit);
      starts.emit(id);
      return dispatch();
    }
    const { current } = environment;
    environment.current = undefined;
    clearTimeout(environment.limit);
    response.writeHead(202).end();
    if (what.endsWith('/response')) return current?.resolve(JSON.parse(body));
    const { errorType, errorMessage } = JSON.parse(body) as { errorType: string; errorMessage: string };
    logs.push(`${environment.of.name}: ${body}`);
    const failure = new LambdaError(errorType, errorMessage);
    if (what === 'init/error') {
      starts.emit(id, failure);
      return failed(environment.of, failure);
    }
    current?.reject(failure);
  }

  /** Hands what waits to the processes that are idle, and starts processes for the rest. */
  function dispatch(): void {
    for (const task of waiting.slice()) {
      const own = [...environments.values()].filter(({ of }) => of === task.of);
      const idle = own.find(({ next }) => next !== undefined);
      if (idle !== undefined) {
        waiting.splice(waiting.indexOf(task), 1);
        hand(idle, task.invocation);
      } else {
        const starting = own.filter(({ current }) => current === undefined).length;
        const wanted = waiting.filter(({ of }) => of === task.of).length;
        if (starting < wanted && own.length < MOST_ENVIRONMENTS) start(task.of);
      }
    }
  }

  function hand(environment: Environment, invocation: Invocation): void {
    const { next, of } = environment;
    environment.next = undefined;
    environment.current = invocation;
    const limit = of.timeout * 1000;
    environment.limit = setTimeout(() => {
      invocation.reject(new LambdaError('Sandbox.Timedout', `Task timed out after ${of.timeout} seconds`));
      environment.current = undefined;
      environment.process.kill('SIGKILL');
    }, limit);
    next?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + limit),
      'lambda-runtime-invoked-function-arn': `${of.environment.FUNCTION_ARN ?? of.name}`,
      'lambda-runtime-trace-id': `Root=1-${invocation.id.slice(0, 8)}-${invocation.id.replaceAll('-', '').slice(8)};Parent=53995c3f42cd8ad8;Sampled=${tracedTo === undefined ? 0 : 1}`,
      ...(time && { 'x-machine-time': String(time()) }),
    });
    next?.end(invocation.event);
  }

  function start(of: LambdaFunction): string {
    const id = randomUUID();
    const heap = `--max-old-space-size=${Math.floor(of.memory * 0.9)}`;
    const child = spawn(process.execPath, [heap, BOOTSTRAP], {
      env: {
        ...reserved(of),
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}/${id}`,
        AWS_ENDPOINT_URL: endpoint,
        ...(tracedTo !== undefined && { AWS_XRAY_DAEMON_ADDRESS: tracedTo }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const note = (chunk: Buffer) =>
      void logs.push(
        ...chunk
          .toString()
          .split('\n')
          .filter(Boolean)
          .map((line) => `${of.name}: ${line}`),
      );
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    const limit = setTimeout(() => child.kill('SIGKILL'), INIT_LIMIT);
    const environment = { process: child, of, next: undefined, current: undefined, limit };
    environments.set(id, environment);
    child.once('close', () => ended(id));
    return id;
  }

  function ended(id: string): void {
    const environment = environments.get(id);
    if (environment === undefined) return;
    environments.delete(id);
    clearTimeout(environment.limit);
    environment.current?.reject(new LambdaError('Runtime.ExitError', 'the process ended'));
    dispatch();
  }

  /** A function that cannot be started fails what waits for it, instead of being started for ever. */
  function failed(of: LambdaFunction, failure: LambdaError): void {
    for (const task of waiting.filter((one) => one.of === of)) {
      waiting.splice(waiting.indexOf(task), 1);
      task.invocation.reject(failure);
    }
  }

  const kill = async () => {
    const ends = [...environments.values()].map(({ process: child }) => {
      child.kill('SIGKILL');
      return once(child, 'close');
    });
    await Promise.all(ends);
  };
  return {
    logs,
    invoke(name, event) {
      const of = byName.get(name);
      if (of === undefined) throw new Error(`there is no function ${name}`);
      const answered = new Promise<unknown>((resolve, reject) => {
        const invocation = { id: randomUUID(), event: JSON.stringify(event), resolve, reject };
        waiting.push({ of, invocation });
        dispatch();
      });
      const settled: Promise<unknown> = answered.then(
        () => running.delete(settled),
        () => running.delete(settled),
      );
      running.add(settled);
      return answered;
    },
    async warm() {
      const started = functions.map(async (of) => {
        const [failure] = await once(starts, start(of));
        if (failure !== undefined) throw failure;
      });
      await Promise.all(started);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    kill,
    async close() {
      await kill();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The variables of the template, and those that Lambda adds. */
const reserved = ({ name, code, handler, environment, memory }: LambdaFunction) => ({
  ...environment,
  _HANDLER: handler,
  LAMBDA_TASK_ROOT: code,
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  // The role's: whoever is asked knows the function by them.
  AWS_ACCESS_KEY_ID: name,
  AWS_SECRET_ACCESS_KEY: secretOf(name),
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '1',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
  AWS_LAMBDA_LOG_GROUP_NAME: name,
  AWS_LAMBDA_LOG_STREAM_NAME: '1',
  AWS_LAMBDA_LOG_FORMAT: 'JSON',
  AWS_LAMBDA_LOG_LEVEL: 'INFO',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  TZ: ':UTC',
});

/** The secret of the access key that a function has. */
export const secretOf = (accessKeyId: string): string => `secret of ${accessKeyId}`;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
