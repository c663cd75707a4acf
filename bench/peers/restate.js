import { spawn } from 'node:child_process';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import * as restate from '@restatedev/restate-sdk';
import { measure, serveRounds } from './clients.js';

/*
 * One approval on Restate: a durable step, an awakeable, a durable step. One partition: of 1, 4 and 24 the fastest
 * on two processors. Everything else is its default, which is durable.
 */

const [folder, serverProgram] = process.argv.slice(2);
const INGRESS = 18_080;
const ADMIN = 19_070;
const APP = 19_080;

// The SDK takes it from Node.js 22.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const handedOver = new Map();

const approval = restate.service({
  name: 'approval',
  handlers: {
    run: async (ctx, { id }) => {
      await ctx.run('record', async () => ({ status: 'pending' }));
      const { id: awakeable, promise } = ctx.awakeable();
      await ctx.run('hand over', async () => {
        handedOver.get(id)?.(awakeable);
        return { status: 'waiting' };
      });
      await promise;
      await ctx.run('delete', async () => ({ status: 'consumed' }));
      return { status: 'consumed' };
    },
  },
});

const agent = new Agent({ keepAlive: true, maxSockets: 1_024 });

function post(port, path, body) {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      { agent, port, path, method: 'POST', headers: { 'content-type': 'application/json' } },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          answer.statusCode < 300
            ? resolve()
            : reject(new Error(`${path} was answered ${answer.statusCode}`)),
        );
      },
    );
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

const server = spawn(serverProgram, ['--base-dir', folder], {
  stdio: 'ignore',
  env: {
    ...process.env,
    RESTATE_DEFAULT_NUM_PARTITIONS: '1',
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${INGRESS}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ADMIN}`,
    RESTATE_BIND_ADDRESS: '127.0.0.1:15122',
    RESTATE_LOG_FILTER: 'error',
    RESTATE_DISABLE_TELEMETRY: 'true',
  },
});
process.on('exit', () => server.kill('SIGKILL'));
process.on('SIGTERM', () => process.exit(0));

// Its log of each call costs time.
process.env.RESTATE_LOGGING = 'ERROR';
await restate.serve({ services: [approval], port: APP });
for (let tried = 0; ; tried += 1) {
  try {
    await post(ADMIN, '/deployments', { uri: `http://127.0.0.1:${APP}` });
    break;
  } catch (error) {
    if (tried > 100) throw error;
    await pause(300);
  }
}

async function request(id) {
  const token = new Promise((resolve) => handedOver.set(id, resolve));
  const done = post(INGRESS, '/approval/run', { id });
  const awakeable = await token;
  handedOver.delete(id);
  return { awakeable, done };
}

async function approve({ awakeable, done }) {
  await post(INGRESS, `/restate/awakeables/${awakeable}/resolve`, { status: 'approved' });
  await done;
}

serveRounds((round) => measure(round, { request, approve }));
