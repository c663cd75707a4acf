import { metadataOf, outcomeOf, tablesOf } from './aws-call.ts';
import { currentInvocation, type Invocation } from './invocation.ts';
import { newId, secondsOf } from './subsegment.ts';

/** A command that a client of the AWS SDK is about to send. */
interface Command {
  readonly input: object;
  /** What becomes of it in HTTP. */
  readonly request: unknown;
}

/** Which command, of which client: `GetItemCommand` of `DynamoDBClient`. */
interface CommandContext {
  readonly clientName?: string;
  readonly commandName?: string;
}

interface AwsClient {
  readonly config: { readonly region: () => Promise<string> };
  readonly middlewareStack: {
    add(
      middleware: <Given extends Command, Answer extends { readonly output: object }>(
        next: (command: Given) => Promise<Answer>,
        context: CommandContext,
      ) => (command: Given) => Promise<Answer>,
      place: { readonly step: 'build'; readonly name: string },
    ): void;
  };
}

/**
 * The same client, each of whose calls is a part of the trace of the invocation that makes it: which operation, on
 * which tables, how it ended. What is asked stays out, and what a service says of an error: they hold tokens and addresses.
 */
export function inTrace<Client extends AwsClient>(client: Client): Client {
  client.middlewareStack.add(
    (next, context) => async (command) => {
      const invocation = currentInvocation();
      if (invocation === undefined) return next(command);
      const region = await client.config.region();
      const end = begin(invocation, { ...command, ...context, region });
      try {
        const answer = await next(command);
        end(answer.output);
        return answer;
      } catch (error) {
        end(error);
        throw error;
      }
    },
    { step: 'build', name: 'countersignTrace' },
  );
  return client;
}

/** @returns what is to be told of the end: the answer, or what was thrown. */
function begin(
  { clock, daemon, traceId, id: parent_id, headerFrom }: Invocation,
  {
    input,
    request,
    region,
    clientName = '',
    commandName = '',
  }: Command & CommandContext & { region: string },
): (ended: unknown) => void {
  const id = newId();
  // A service that has a trace of its own, as Step Functions does, goes on with this one.
  if (hasHeaders(request)) request.headers['X-Amzn-Trace-Id'] = headerFrom(id);
  const start_time = secondsOf(clock.now());
  return (ended) => {
    const { requestId, attempts } = metadataOf(ended);
    daemon.send({
      type: 'subsegment',
      namespace: 'aws',
      trace_id: traceId,
      parent_id,
      id,
      name: clientName.replace(/Client$/, ''),
      start_time,
      end_time: secondsOf(clock.now()),
      aws: {
        operation: commandName.replace(/Command$/, ''),
        region,
        ...tablesOf(input),
        ...(requestId !== undefined && { request_id: requestId }),
        ...(attempts !== undefined && { retries: attempts - 1 }),
      },
      ...outcomeOf(ended),
    });
  };
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  typeof request === 'object' && request !== null && 'headers' in request;
