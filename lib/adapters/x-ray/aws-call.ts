import { type AwsCall, answeredWith, causedBy, type Outcome } from './subsegment.ts';

/** The DynamoDB tables that a command is about, under the names that X-Ray has for one and for several. */
export function tablesOf(input: object): Pick<AwsCall, 'table_name' | 'table_names'> {
  const { TableName, TransactItems = [] }: TableInput = input;
  const parts = TransactItems.flatMap((item) => Object.values(item));
  const named = new Set([TableName, ...parts.map((part) => part.TableName)]);
  const [table_name, ...others] = [...named].filter((name) => name !== undefined);
  if (table_name === undefined) return {};
  return others.length === 0 ? { table_name } : { table_names: [table_name, ...others] };
}

/** The commands that the store sends. */
interface TableInput {
  readonly TableName?: string;
  readonly TransactItems?: readonly Readonly<Record<string, { readonly TableName?: string }>>[];
}

/** What the SDK adds to each answer and each error of a service. */
interface Metadata {
  readonly httpStatusCode?: number;
  readonly requestId?: string;
  readonly attempts?: number;
}

export const metadataOf = (ended: unknown): Metadata =>
  typeof ended === 'object' && ended !== null && '$metadata' in ended ? { ...Object(ended.$metadata) } : {};

/** A status of 400, as for a mistake. */
const THROTTLED = /Throttl|ThroughputExceeded|RequestLimitExceeded/;

/** @param ended the answer, or what was thrown. */
export function outcomeOf(ended: unknown): Outcome {
  const { httpStatusCode } = metadataOf(ended);
  const answered: Outcome = httpStatusCode === undefined ? { fault: true } : answeredWith(httpStatusCode);
  if (!(ended instanceof Error)) return answered;
  return { ...answered, ...(THROTTLED.test(ended.name) && { throttle: true }), ...causedBy(ended) };
}
