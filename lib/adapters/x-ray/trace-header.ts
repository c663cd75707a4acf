/** A trace that is recorded, and the part of it that ours belongs to. */
export interface RecordedTrace {
  readonly id: string;
  /** The segment that ours stands in. */
  readonly parent: string;
}

/**
 * What Lambda tells of the trace of an invocation
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
 *
 * @param header `Root=1-…;Parent=…;Sampled=1`, perhaps with more fields.
 * @returns undefined when nobody records it: X-Ray is off, or left this invocation out.
 */
export function recordedTrace(header = ''): RecordedTrace | undefined {
  const fields = new Map(header.split(';').map(fieldOf));
  const id = fields.get('Root');
  const parent = fields.get('Parent');
  return id === undefined || parent === undefined || fields.get('Sampled') !== '1'
    ? undefined
    : { id, parent };
}

/** The same header for whoever is called from a part of the trace; what else is in it goes on, as Lambda's `Lineage`. */
export const headerFrom = (header: string, parent: string): string =>
  header.replace(/\bParent=[^;]*/, `Parent=${parent}`);

function fieldOf(field: string): readonly [name: string, value: string] {
  const [name = '', value = ''] = field.split('=');
  return [name, value];
}
