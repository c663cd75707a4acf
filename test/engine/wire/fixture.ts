import { SFNClient } from '@aws-sdk/client-sfn';
import { onTestFinished } from 'vitest';
import { type ListenerOptions, serveStepFunctions } from '../../../lib/engine/wire/listener.ts';
import { engineFixture, type Fixture } from '../support/fixture.ts';

export const ACCESS_KEY = { accessKeyId: 'CSAKTEST', secretAccessKey: 'a secret that only tests know' };
export const STATE_MACHINE = 'arn:aws:states:local:000000000000:stateMachine:main';
export const executionArn = (name: string): string =>
  `arn:aws:states:local:000000000000:execution:main:${name}`;

export const secretOf: ListenerOptions['secretOf'] = async (id) =>
  id === ACCESS_KEY.accessKeyId ? ACCESS_KEY.secretAccessKey : undefined;

/** An engine that answers the Step Functions API, and the SDK's client of it. */
export interface WireFixture extends Fixture {
  readonly endpoint: string;
  readonly client: SFNClient;
  /** Another client of it. */
  readonly clientWith: (changes: {
    readonly region?: string;
    readonly credentials?: typeof ACCESS_KEY;
  }) => SFNClient;
  /** What was told to `onError`. */
  readonly failures: unknown[];
}

export async function wireFixture(
  given: Parameters<typeof engineFixture>[0],
  changes: Partial<ListenerOptions> = {},
): Promise<WireFixture> {
  const fixture = engineFixture(given);
  const failures: unknown[] = [];
  const listener = await serveStepFunctions({
    get engine() {
      return fixture.engine;
    },
    clock: fixture.clock,
    port: 0,
    secretOf,
    onError: (error) => failures.push(error),
    ...changes,
  });
  onTestFinished(() => listener.close(0));
  const endpoint = `http://127.0.0.1:${listener.port}`;
  const clientWith: WireFixture['clientWith'] = (given) => {
    const client = new SFNClient({
      endpoint,
      region: 'local',
      credentials: ACCESS_KEY,
      maxAttempts: 1,
      ...given,
    });
    // The SDK signs with the machine's clock and this offset; the engine's clock stands wherever a test puts it.
    Object.defineProperty(client.config, 'systemClockOffset', {
      get: () => fixture.clock.now() - Date.now(),
      set: () => {},
    });
    onTestFinished(() => client.destroy());
    return client;
  };
  return {
    get engine() {
      return fixture.engine;
    },
    get database() {
      return fixture.database;
    },
    clock: fixture.clock,
    problems: fixture.problems,
    reopen: (changes) => fixture.reopen(changes),
    endpoint,
    client: clientWith({}),
    clientWith,
    failures,
  };
}
