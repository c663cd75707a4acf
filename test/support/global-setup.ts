import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type DynamodbLocal, startDynamodbLocal, type Unavailable } from './dynamodb-local.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers any request with where DynamoDB Local is, or why it is nowhere. */
    readonly dynamodbDirectory: string;
  }
}

/**
 * One DynamoDB Local for all test files, started by the first of them that asks: a run of other tests does not
 * pay for a Java machine.
 */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<DynamodbLocal | Unavailable> | undefined;
  const directory = createServer((_request, response) => {
    started ??= startDynamodbLocal().then(announced);
    started.then(
      (local) => response.end(JSON.stringify(local)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  const stop = async () => {
    directory.closeAllConnections();
    directory.close();
    const local = await started?.catch(() => undefined);
    if (local && 'stop' in local) await local.stop();
  };
  return new Promise((resolve, reject) => {
    directory.once('error', reject);
    directory.listen(0, '127.0.0.1', () => {
      const { port } = directory.address() as AddressInfo;
      project.provide('dynamodbDirectory', `http://127.0.0.1:${port}`);
      resolve(stop);
    });
  });
}

function announced(local: DynamodbLocal | Unavailable): DynamodbLocal | Unavailable {
  if ('unavailable' in local) {
    process.stderr.write(`\nSKIPPED: every test of the DynamoDB store: ${local.unavailable}\n\n`);
  }
  return local;
}
