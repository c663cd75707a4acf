import { isObject } from '../fields.ts';

/** What stands for the pseudo parameters of CloudFormation where nobody has deployed anything. */
const PSEUDO: ReadonlyMap<string, string> = new Map([
  ['AWS::Partition', 'aws'],
  ['AWS::Region', 'local'],
  ['AWS::AccountId', '000000000000'],
]);

/**
 * The definition with the placeholders of its Resources filled in, which a deployment would replace: `${Pay.Arn}` is
 * a function named `Pay-Arn`. Placeholders anywhere else are text to the engine and stay.
 */
export function withResources(document: object): object {
  if (!('States' in document) || !isObject(document.States)) return document;
  const states = Object.entries(document.States).map(([name, body]) => [name, withResource(body)]);
  return { ...document, States: Object.fromEntries(states) };
}

function withResource(body: unknown): unknown {
  if (!isObject(body) || typeof body.Resource !== 'string') return body;
  return {
    ...body,
    Resource: body.Resource.replace(/\$\{([^}]+)\}/g, (_, name: string) => substitute(name)),
  };
}

const substitute = (name: string): string => PSEUDO.get(name) ?? name.replace(/[^A-Za-z0-9_-]/g, '-');
