import { isObject } from '../fields.ts';
import { WireException } from './exceptions.ts';

/** What one member of a request may be (Step Functions API reference). Lengths in characters. */
export type Member = { readonly required?: true } & (
  | {
      readonly type: 'string';
      readonly least?: number;
      readonly most?: number;
      /** The length is counted in bytes of UTF-8. */
      readonly bytes?: true;
      readonly values?: readonly string[];
      /** Never repeated in an error. */
      readonly secret?: true;
    }
  | { readonly type: 'integer'; readonly least: number; readonly most: number }
  | { readonly type: 'boolean' }
);

export type Members = { readonly [name: string]: Member };

type ValueOf<M extends Member> = M extends { type: 'string' }
  ? string
  : M extends { type: 'integer' }
    ? number
    : boolean;

export type Input<S extends Members> = {
  readonly [Name in keyof S]: S[Name] extends { required: true }
    ? ValueOf<S[Name]>
    : ValueOf<S[Name]> | undefined;
};

/**
 * Reads a request's body. As on AWS, null is the same as absent and what is not a member is ignored.
 * @throws WireException SerializationException for JSON of another shape; ValidationException with all that is wrong.
 */
export function readMembers<S extends Members>(body: unknown, members: S): Input<S> {
  if (!isObject(body)) throw new WireException('SerializationException', 'The request is not a JSON object');
  const given = Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, typed(body[name] ?? undefined, name, member)]),
  );
  const wrong = Object.entries(members).flatMap(([name, member]) => {
    const constraint = violated(given[name], member);
    return constraint === undefined ? [] : [sentence(given[name], name, { member, constraint })];
  });
  if (wrong.length === 0) return given as Input<S>;
  const errors = wrong.length === 1 ? 'error' : 'errors';
  throw new WireException(
    'ValidationException',
    `${wrong.length} validation ${errors} detected: ${wrong.join('; ')}`,
  );
}

type Value = string | number | boolean | undefined;

function typed(value: unknown, name: string, { type }: Member): Value {
  if (value === undefined) return value;
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'integer' && typeof value === 'number' && Number.isInteger(value)) return value;
  if (type === 'boolean' && typeof value === 'boolean') return value;
  throw new WireException('SerializationException', `'${name}' must be of type ${type}`);
}

/** The constraint that a value does not satisfy, in the words of AWS. */
function violated(value: Value, member: Member): string | undefined {
  if (value === undefined) return member.required ? 'Member must not be null' : undefined;
  if (member.type === 'boolean') return undefined;
  const { least = 0, most = Number.POSITIVE_INFINITY } = member;
  if (member.type === 'integer')
    return outside(Number(value), { least, most }, (than, n) => `value ${than} ${n}`);
  const { bytes, values } = member;
  const text = String(value);
  if (values !== undefined && !values.includes(text))
    return `Member must satisfy enum value set: [${values.join(', ')}]`;
  return bytes
    ? outside(
        Buffer.byteLength(text),
        { least, most },
        (than, n) => `size ${than} ${n} bytes in UTF-8 encoding`,
      )
    : outside(text.length, { least, most }, (than, n) => `length ${than} ${n}`);
}

type Bounds = { readonly least: number; readonly most: number };
type Wording = (than: string, bound: number) => string;

function outside(value: number, { least, most }: Bounds, wording: Wording): string | undefined {
  if (value < least) return `Member must have ${wording('greater than or equal to', least)}`;
  if (value > most) return `Member must have ${wording('less than or equal to', most)}`;
  return undefined;
}

/** The longest value that an error repeats. */
const MOST_REPEATED = 256;

function sentence(
  value: Value,
  name: string,
  { member, constraint }: { readonly member: Member; readonly constraint: string },
): string {
  const secret = member.type === 'string' && (member.secret === true || String(value).length > MOST_REPEATED);
  const shown = value === undefined ? ' null' : ` '${value}'`;
  return `Value${secret ? '' : shown} at '${name}' failed to satisfy constraint: ${constraint}`;
}
