import { Logger } from '@aws-lambda-powertools/logger';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { itemOfRecord, positionOf, type StreamRecord } from '../adapters/dynamodb/stream.ts';
import { eventBridgeBus } from '../adapters/eventbridge/event-bus.ts';
import { powertoolsLog } from '../adapters/powertools/log.ts';
import { inTrace } from '../adapters/x-ray/client.ts';
import { publishEvents } from '../operations/publish-events.ts';
import { CLIENT, type Environment, required } from './aws-client.ts';

/** A batch of a table's stream, as Lambda hands it over. */
export interface StreamBatch {
  readonly Records: readonly StreamRecord[];
}

/** What has to come again; Lambda goes by the first of them. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * What publishes the events in batches of the main table's stream.
 * @throws PermanentError that names the variable that is missing.
 */
export function publisher(env: Environment): (batch: StreamBatch) => Promise<BatchAnswer> {
  const publishing = {
    bus: eventBridgeBus(inTrace(new EventBridgeClient(CLIENT)), { busName: required(env, 'EVENT_BUS') }),
    log: powertoolsLog(new Logger()),
    crnScope: required(env, 'CRN_SCOPE'),
  };
  return async ({ Records }) => {
    const items = Records.map((record) => ({
      position: positionOf(record),
      read: () => itemOfRecord('main', record),
    }));
    const again = await publishEvents(publishing, items);
    return { batchItemFailures: again === undefined ? [] : [{ itemIdentifier: again }] };
  };
}
