import { CfnResource } from 'aws-cdk-lib';
import { whyAllowed, whyDenied, whyOfService } from './iam-reasons.ts';
import { resourceStatementsOf, type Statement, statementsOf } from './policies.ts';
import { functionsOf, type Synthesized } from './synthesized.ts';

const TABLE = 'AWS::DynamoDB::Table';
const KEY = 'AWS::KMS::Key';
const BUCKET_POLICY = 'AWS::S3::BucketPolicy';
const BUS_POLICY = 'AWS::Events::EventBusPolicy';

const INTRO = `# Who may do what on AWS

Made from the synthesized template by \`npm run docs:iam\`; \`test/infra/iam-document.test.ts\` finds it current, and every
statement with a reason. What follows from it is evaluated in \`test/infra/iam.test.ts\` (who may do what) and
\`test/infra/denials.test.ts\` (what administrators may not).

Each function has a role of its own, and each role policies of its own. \`Main\` and \`Material\` are the tables, \`Sealing\`,
\`TokenSigning\`, \`CheckpointSigning\`, \`Tables\` and \`LogKey\` the KMS keys. A condition on leading keys names the partitions
of a table: \`key#*\` is what belongs to a key. \`<account>\`, \`<region>\` and \`<mailFrom>\` are the deployment’s.
`;

/** The page \`docs/iam.md\`. @throws Error where a statement has no reason. */
export function iamDocument(stack: Synthesized): string {
  const names = namesOf(stack);
  const sections = [
    INTRO,
    '## Roles\n',
    ...rolesOf(stack).map(([name, role]) =>
      section(name, rowsOf(statementsOf(stack, role), names, whyAllowed)),
    ),
    '## Denials\n',
    'In the policies of the tables and keys themselves, for everybody but those who are named, the account’s administrators',
    'included. No other policy outweighs a denial: whoever wants it lifted changes the resource’s policy, which CloudTrail and',
    'the rules `Tampering` tell. A `breakGlassRole` of the settings is left out of each.\n',
    ...[TABLE, KEY, BUCKET_POLICY, BUS_POLICY].flatMap((type) =>
      stack.ofType(type).flatMap(({ id }) => {
        const denials = resourceStatementsOf(stack, type, id).filter(({ effect }) => effect === 'Deny');
        return denials.length === 0 ? [] : [section(names(id), rowsOf(denials, names, whyDenied, true))];
      }),
    ),
    '## Services\n',
    'What AWS’s own services may do by the policies of resources.\n',
    table(['service', 'action', 'resource', 'condition', 'why'], servicesOf(stack, names)),
  ];
  return `${sections.join('\n').trimEnd()}\n`;
}

/** Every role with the name that the page gives it: that of its function, or of its construct. */
function rolesOf(stack: Synthesized): readonly (readonly [string, string])[] {
  const functions = new Map([...functionsOf(stack)].map(([entry, { role }]) => [role, entry]));
  const names = namesOf(stack);
  return stack
    .ofType('AWS::IAM::Role')
    .map(({ id }) => [functions.get(id) ?? names(id), id] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

type Names = (id: string) => string;

/** The construct of a logical id, by its path in the stack. */
function namesOf({ stack }: Synthesized): Names {
  const paths = new Map(
    stack.node.findAll().flatMap((construct) => {
      if (!CfnResource.isCfnResource(construct)) return [];
      const path = construct.node.path
        .split('/')
        .slice(1)
        .filter((part) => part !== 'Resource');
      return [[String(stack.resolve(construct.logicalId)), path.join('/')] as const];
    }),
  );
  return (id) => paths.get(id) ?? id;
}

type Why = (action: string, resource: string) => string;

const rowsOf = (
  statements: readonly Statement[],
  names: Names,
  why: Why,
  denied = false,
): readonly (readonly string[])[] =>
  statements.map((statement) => {
    const resources = statement.resources.map((resource) => named(resource, names));
    const [reason, ...others] = new Set(
      statement.actions.flatMap((action) => resources.map((resource) => why(action, resource))),
    );
    return [
      statement.actions.map(code).join(', '),
      ...(denied ? [] : [resources.map(code).join(', ')]),
      conditionsIn(statement, names),
      [reason, ...others].join(' '),
    ];
  });

const section = (name: string, rows: readonly (readonly string[])[]): string => {
  const heads =
    rows[0]?.length === 4 ? ['action', 'resource', 'condition', 'why'] : ['action', 'condition', 'why'];
  return `### ${name}\n\n${table(heads, rows)}`;
};

/** Resources by their constructs: `arn of TablesMainBB1D2EBD/index/due` is `Tables/Main/index/due`. */
const named = (resource: string, names: Names): string =>
  resource
    .replaceAll(/(?:arn of )?\b([A-Z]\w+[0-9A-F]{8})\b/g, (_, id: string) => names(id))
    .replaceAll('arn:aws:', '')
    .replaceAll(':eu-central-1:111122223333:', ':')
    .replaceAll('111122223333', '<account>')
    .replaceAll('eu-central-1', '<region>')
    .replaceAll('keys@countersign.dev', '<mailFrom>');

function conditionsIn({ conditions }: Statement, names: Names): string {
  const parts = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => {
      const shown = values.map((value) => code(shortened(named(value, names)))).join(', ');
      return `${IN_WORDS[operator] ?? 'only'} ${code(key)}: ${shown}`;
    }),
  );
  return parts.join('; ');
}

const IN_WORDS: Readonly<Record<string, string>> = {
  ArnNotEquals: 'not',
  'ForAnyValue:StringNotLike': 'any not of',
  Null: 'absent',
};

/** `Steps/DeleteKey/Role` is `Steps/DeleteKey`. */
const shortened = (name: string): string => name.replace(/\/Role$/, '');

/** The statements that let a service in: of keys, queues and topics, and the permissions of functions. */
function servicesOf(stack: Synthesized, names: Names): readonly (readonly string[])[] {
  const ofKeys = stack.ofType(KEY).flatMap(({ id }) =>
    resourceStatementsOf(stack, KEY, id)
      .filter(({ principals = [] }) => principals.some((one) => one.endsWith('amazonaws.com')))
      .map((statement) => serviceRow(statement, names(id), names)),
  );
  const ofOthers = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
    stack.ofType(type).flatMap(({ id }) =>
      resourceStatementsOf(stack, type, id)
        .filter(({ effect }) => effect === 'Allow')
        .map((statement) => serviceRow(statement, names(id).replace(/\/Policy$/, ''), names)),
    ),
  );
  const ofFunctions = stack.ofType('AWS::Lambda::Permission').map(({ Properties }) => {
    const { Principal, Action, FunctionName, SourceArn } = Properties;
    const resource = named(stack.resolve(FunctionName), names);
    const condition =
      SourceArn === undefined
        ? ''
        : `only ${code('aws:SourceArn')}: ${code(named(stack.resolve(SourceArn), names))}`;
    return [
      code(String(Principal)),
      code(String(Action)),
      code(resource),
      condition,
      whyOfService(String(Action)),
    ];
  });
  return [...ofKeys, ...ofOthers, ...ofFunctions];
}

const serviceRow = (statement: Statement, resource: string, names: Names): readonly string[] => [
  (statement.principals ?? []).map((one) => code(named(one, names))).join(', '),
  statement.actions.map(code).join(', '),
  code(resource),
  conditionsIn(statement, names),
  whyOfService(`${statement.actions[0]} ${(statement.principals ?? []).join()}`),
];

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

/** As Biome formats it: every column as wide as its widest cell. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((_, column) =>
    Math.max(3, ...[heads, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, column) => cell + fill.repeat((widths[column] ?? 0) - cell.length)).join(' | ')} |`;
  return [
    line(heads),
    line(
      heads.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ]
    .join('\n')
    .concat('\n');
}
