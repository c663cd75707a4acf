import { secretOfAccessKey } from '../adapters/file/access-keys.ts';
import { codeOf } from '../adapters/file/secret-file.ts';
import { PermanentError, problemFields } from '../domain/errors.ts';
import type { EngineClock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import { type Listener, serveStepFunctions } from '../engine/wire/listener.ts';
import type { Log } from '../ports/log.ts';
import type { Sealer } from '../ports/sealer.ts';

const HOST = '127.0.0.1';

export interface StepFunctionsApiOptions {
  readonly engine: Engine;
  readonly clock: EngineClock;
  readonly sealer: Sealer;
  readonly log: Log;
  /** Holds the access keys. */
  readonly folder: { readonly path: string };
  /** 0: any free one; without it there is no API. */
  readonly stepFunctionsPort?: number;
}

/**
 * The engine's Step Functions API on this machine's own address, for the access keys of the data folder.
 * @throws PermanentError when the port cannot be taken.
 */
export async function stepFunctionsApi(options: StepFunctionsApiOptions): Promise<Listener | undefined> {
  const { engine, clock, sealer, log, folder, stepFunctionsPort: port } = options;
  if (port === undefined) return undefined;
  try {
    return await serveStepFunctions({
      engine,
      clock,
      host: HOST,
      port,
      secretOf: (id) => secretOfAccessKey(folder.path, id, sealer),
      onError: (error, at) => log.error('the Step Functions API failed', { ...at, ...problemFields(error) }),
    });
  } catch (error) {
    throw new PermanentError(
      `the Step Functions API cannot listen on ${HOST}, port ${port}: ${codeOf(error)}`,
    );
  }
}
