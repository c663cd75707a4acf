/*
 * What Lambda's Node.js runtime does around a handler, over Lambda's own Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), so that a bundle is started here as AWS starts it:
 * in a process of its own that has its environment variables and nothing else.
 */
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RUNTIME = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true });

// The clock of the machine that the function runs on: where the invocation says a time, it stands still at that.
const machine = { time: undefined };
const RealDate = Date;
const now = () => machine.time ?? RealDate.now();
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${RUNTIME}${path}`, { method, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const failure = (error) => ({
  errorType: error instanceof Error ? error.name : 'Error',
  errorMessage: error instanceof Error ? error.message : String(error),
  stackTrace: error instanceof Error ? String(error.stack).split('\n') : [],
});

async function load() {
  const [file, name] = process.env._HANDLER.split('.');
  const handlers = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
  if (typeof handlers[name] !== 'function') throw new Error(`there is no handler ${process.env._HANDLER}`);
  return handlers[name];
}

const contextOf = (headers) => ({
  awsRequestId: headers['lambda-runtime-aws-request-id'],
  invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => Number(headers['lambda-runtime-deadline-ms']) - RealDate.now(),
});

const handler = await load().catch(async (error) => {
  await call('POST', '/init/error', failure(error));
  process.exit(1);
});
for (;;) {
  const { headers, text } = await call('GET', '/invocation/next');
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  machine.time = headers['x-machine-time'] === undefined ? undefined : Number(headers['x-machine-time']);
  const invocation = `/invocation/${headers['lambda-runtime-aws-request-id']}`;
  try {
    const answer = await handler(JSON.parse(text), contextOf(headers));
    await call('POST', `${invocation}/response`, answer ?? null);
  } catch (error) {
    await call('POST', `${invocation}/error`, failure(error));
  }
}
