import { REGION } from './cloud.ts';
import type { Deployment } from './deployment.ts';

interface StreamRecord {
  readonly eventName: string;
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, { readonly S: string }>>;
  };
}

/** What Lambda does with a table's stream: hands what passes the filter of the mapping to the function, in batches. */
export async function publishStream(deployed: Deployment): Promise<void> {
  const { Properties } = deployed.template.one('AWS::Lambda::EventSourceMapping');
  const { BatchSize, FilterCriteria } = Properties as {
    BatchSize: number;
    FilterCriteria: { Filters: readonly { Pattern: string }[] };
  };
  const patterns = FilterCriteria.Filters.map(({ Pattern }) => JSON.parse(Pattern));
  const records = (await recordsOf(deployed)).filter((record) =>
    patterns.some((pattern) => passes(pattern, record)),
  );
  let left = records;
  while (left.length > 0) {
    const answer = await deployed.lambda.invoke(deployed.nameOf('publish-events'), {
      Records: left.slice(0, BatchSize),
    });
    const { batchItemFailures } = answer as { batchItemFailures: readonly { itemIdentifier: string }[] };
    if (batchItemFailures.length > 0) throw new Error(`not published: ${JSON.stringify(answer)}`);
    left = left.slice(BatchSize);
  }
}

/** Of a pattern what this stack uses: values that are equal, or begin so (Lambda developer guide: event filtering). */
function passes(pattern: unknown, value: unknown): boolean {
  if (!Array.isArray(pattern))
    return Object.entries(pattern as object).every(([name, inner]) =>
      passes(inner, (value as Readonly<Record<string, unknown>> | undefined)?.[name]),
    );
  return pattern.some((one: string | { prefix: string }) =>
    typeof one === 'string' ? value === one : typeof value === 'string' && value.startsWith(one.prefix),
  );
}

/** Everything in the stream of the main table, from its beginning. */
async function recordsOf(deployed: Deployment): Promise<readonly StreamRecord[]> {
  const call = streamCalls(deployed.endpoint);
  const { MAIN_TABLE: TableName } = deployed.environmentOf('api');
  const { Streams } = await call<{ Streams: readonly { StreamArn: string }[] }>('ListStreams', { TableName });
  const [{ StreamArn } = { StreamArn: '' }] = Streams;
  const { StreamDescription } = await call<{
    StreamDescription: { Shards: readonly { ShardId: string }[] };
  }>('DescribeStream', { StreamArn });
  const records: StreamRecord[] = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    let { ShardIterator } = await call<{ ShardIterator?: string }>('GetShardIterator', from);
    while (ShardIterator !== undefined) {
      const page = await call<{ Records: readonly StreamRecord[]; NextShardIterator?: string }>(
        'GetRecords',
        { ShardIterator },
      );
      records.push(...page.Records);
      // An open shard never ends.
      ShardIterator = page.Records.length === 0 ? undefined : page.NextShardIterator;
    }
  }
  return records;
}

/** DynamoDB Streams' JSON protocol; DynamoDB Local checks no signature. */
const streamCalls =
  (endpoint: string) =>
  async <Answer>(operation: string, body: object): Promise<Answer> => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
