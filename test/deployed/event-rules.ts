import { aliased, type Deployment } from './deployment.ts';
import type { Template } from './template.ts';

type Pattern = { readonly [name: string]: unknown };

/**
 * What EventBridge does with an event on the account's bus: hands it to each function that a rule which it fits names, and
 * that permits it.
 * @returns how many took it.
 */
export async function deliver(
  { template, lambda }: Pick<Deployment, 'template' | 'lambda'>,
  event: object,
): Promise<number> {
  const targets = template.ofType('AWS::Events::Rule').flatMap(({ id, Properties }) => {
    const { EventPattern, Targets } = Properties as {
      EventPattern: Pattern;
      Targets: readonly { readonly Arn: unknown }[];
    };
    if (!fits(template, EventPattern, event)) return [];
    return Targets.map(({ Arn }) => ({ rule: id, target: template.resolve(Arn) }));
  });
  for (const { rule, target } of targets) {
    if (!isPermitted(template, rule, target)) throw new Error(`the rule ${rule} may not invoke ${target}`);
    await lambda.invoke(aliased(template, target), event);
  }
  return targets.length;
}

/** Of EventBridge's patterns what this stack's rule for mails uses: any of some values, in a field or in a list. */
function fits(template: Template, pattern: unknown, value: unknown): boolean {
  if (!Array.isArray(pattern))
    return Object.entries(pattern as object).every(([name, inner]) =>
      fits(template, inner, (value as Readonly<Record<string, unknown>> | undefined)?.[name]),
    );
  const values = [value].flat();
  return pattern.some((one: unknown) =>
    values.includes(typeof one === 'string' ? one : referred(template, one)),
  );
}

/** What a value of a pattern refers to; undefined: it is a comparison that is not used here, and fits nothing. */
const referred = (template: Template, value: unknown): string | undefined =>
  'Ref' in Object(value) ? template.resolve(value) : undefined;

const isPermitted = (template: Template, rule: string, target: string): boolean =>
  template
    .ofType('AWS::Lambda::Permission')
    .some(
      ({ Properties: { Principal, FunctionName, SourceArn } }) =>
        Principal === 'events.amazonaws.com' &&
        template.resolve(FunctionName) === target &&
        template.resolve(SourceArn) === template.resolve({ 'Fn::GetAtt': [rule, 'Arn'] }),
    );
