import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { type Synthesized, synthesized } from './synthesized.ts';

const PACKS = [new AwsSolutionsChecks(), new NIST80053R5Checks()];
const KEY = Validations.ACKNOWLEDGED_RULES_METADATA_KEY;

/** What the packs find: each rule with the resources that break it. */
const findings = ({ stack }: Synthesized): readonly string[] =>
  PACKS.flatMap((pack) => pack.validateScope(stack).violations).flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
  );

interface Accepted {
  readonly at: string;
  readonly rule: string;
  readonly reason: string;
}

/** The accepted findings, from the constructs that they stand beside. */
const acceptedIn = ({ stack }: Synthesized): readonly Accepted[] =>
  stack.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === KEY)
      .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
      .map(([rule, reason]) => ({
        at: construct.node.path,
        rule: rule.replace(/^annotation::/i, ''),
        reason,
      })),
  );

const STACKS = {
  'by default': {},
  'with everything that can be asked for': {
    mailDomain: 'countersign.dev',
    oidcIssuer: 'https://login.example.com',
    oidcClientId: 'countersign',
    alarmMail: 'ops@example.com',
    reservedConcurrency: 5,
    breakGlassRole: 'arn:aws:iam::111122223333:role/BreakGlass',
    drillEveryDays: 90,
  },
  'beside another of the same sender': { mailIdentity: 'countersign.dev' },
} as const;

describe.each(Object.entries(STACKS))('a stack %s', (_, context) => {
  const stack = synthesized(context);

  test('breaks no rule of AWS Solutions or NIST 800-53 that was not accepted', () => {
    expect(findings(stack)).toEqual([]);
  });

  test('accepts nothing for the whole stack, and gives a reason for each', () => {
    for (const { at, rule, reason } of acceptedIn(stack)) {
      expect(at, rule).toContain('/');
      expect(reason.length, `${rule} at ${at}`).toBeGreaterThan(25);
    }
  });

  test('accepts nothing that no rule finds', () => {
    const accepted = acceptedIn(stack);
    expect(accepted.length).toBeGreaterThan(0);
    const found = new Set(foundWithout(stack));
    const needless = accepted.filter(
      ({ at, rule }) => ![...found].some((one) => one.startsWith(`${rule} at ${at}`)),
    );
    expect(needless).toEqual([]);
  });
});

/** What the packs would find if nothing were accepted. */
function foundWithout(stack: Synthesized): readonly string[] {
  const kept = stack.stack.node.findAll().map((construct) => [construct, metadataOf(construct)] as const);
  for (const [, metadata] of kept) metadata.forget();
  try {
    return findings(stack);
  } finally {
    for (const [, metadata] of kept) metadata.bringBack();
  }
}

/** A construct's metadata cannot be taken away through its interface: what it lists is. */
function metadataOf({ node }: IConstruct) {
  const list = (Reflect.get(node, '_metadata') ?? []) as { type: string }[];
  const before = [...list];
  return {
    forget: () => list.splice(0, list.length, ...before.filter(({ type }) => type !== KEY)),
    bringBack: () => list.splice(0, list.length, ...before),
  };
}
