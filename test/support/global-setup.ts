import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { synthesizeAssembly } from './assembly.ts';
import { bundleCommand } from './bundled-command.ts';
import { type DynamodbLocal, startDynamodbLocal, type Unavailable } from './dynamodb-local.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers any request with where DynamoDB Local is, or why it is nowhere. */
    readonly dynamodbDirectory: string;
    /** Answers any request with the folder of the synthesized cloud assembly. */
    readonly assemblyDirectory: string;
    /** Answers any request with the file of the bundled command. */
    readonly commandDirectory: string;
  }
}

/** One of each for all test files, made by the first of them that asks: a run of other tests does not pay for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dynamodb = await directory(() => startDynamodbLocal().then(announced));
  project.provide('dynamodbDirectory', dynamodb.url);
  const assembly = await directory(synthesizeAssembly);
  project.provide('assemblyDirectory', assembly.url);
  const command = await directory(bundleCommand);
  project.provide('commandDirectory', command.url);
  return async () => {
    await Promise.all([dynamodb.stop(), assembly.stop(), command.stop()]);
  };
}

interface Directory {
  readonly url: string;
  stop(): Promise<void>;
}

type Stoppable = { stop(): Promise<void> } | Unavailable;

/** A server that starts something when it is first asked for it, and answers what it is. */
async function directory(start: () => Promise<Stoppable>): Promise<Directory> {
  let started: Promise<Stoppable> | undefined;
  const server = createServer((_request, response) => {
    started ??= start();
    started.then(
      (one) => response.end(JSON.stringify(one)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      const one = await started?.catch(() => undefined);
      if (one && 'stop' in one) await one.stop();
    },
  };
}

function announced(local: DynamodbLocal | Unavailable): DynamodbLocal | Unavailable {
  if ('unavailable' in local) {
    process.stderr.write(`\nSKIPPED: every test of the DynamoDB store: ${local.unavailable}\n\n`);
  }
  return local;
}
