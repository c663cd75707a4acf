/** Why a role may do something, by the action and what it is done to. The first line that fits is the reason. */
const REASONS: readonly (readonly [action: RegExp, resource: RegExp, why: string])[] = [
  [/^xray:/, /./, 'Traces. AWS offers no narrower resource.'],
  [/^logs:(CreateLogStream|PutLogEvents)$/, /./, 'Its own log.'],
  [/^logs:/, /^\*$/, 'Delivery of the state machine’s log. AWS offers no narrower resource.'],
  [
    /^kms:/,
    /^Keys\/Tables$/,
    'DynamoDB encrypts the tables under it for its caller, and for nobody who comes another way.',
  ],
  [/^kms:GenerateDataKey$/, /^Keys\/Sealing$/, 'Seals what the condition names.'],
  [/^kms:Decrypt$/, /^Keys\/Sealing$/, 'Unseals what the condition names.'],
  [/^kms:(GetPublicKey|Sign)$/, /^Keys\/TokenSigning$/, 'Access tokens.'],
  [
    /^kms:(GetPublicKey|Sign)$/,
    /^Keys\/CheckpointSigning$/,
    'Checkpoints of the audit chains: nobody else can make one.',
  ],
  [
    /^kms:ScheduleKeyDeletion$/,
    /:key\/\*$/,
    'Deletes an adopted key where two people said so: the one that carries the tag of this stack.',
  ],
  [
    /^kms:CancelKeyDeletion$/,
    /:key\/\*$/,
    'A Manager restores an adopted key before AWS KMS has deleted it.',
  ],
  [
    /^kms:(DescribeKey|GetKeyLastUsage|ListGrants)$/,
    /:key\/\*$/,
    'What people are shown of an adopted key, and whether it is gone.',
  ],
  [/^kms:ListAliases$/, /^\*$/, 'The aliases of an adopted key. AWS offers no narrower resource.'],
  [/^dynamodb:GetItem$/, /^Tables\/Main$/, 'Reads what it decides on.'],
  [/^dynamodb:Query$/, /^Tables\/Main/, 'Lists: a key’s events, mails and people; the index named, if any.'],
  [
    /^dynamodb:ConditionCheckItem$/,
    /^Tables\/Main$/,
    'Conditions of a transaction on what it does not write.',
  ],
  [
    /^dynamodb:(PutItem|UpdateItem)$/,
    /^Tables\/Main$/,
    'Writes, within transactions, what the condition names.',
  ],
  [
    /^dynamodb:DeleteItem$/,
    /^Tables\/Main$/,
    'Takes away what the condition names: nothing that is a record.',
  ],
  [
    /^dynamodb:(GetItem|PutItem)$/,
    /^Tables\/Material$/,
    'Stores and reads sealed key material; without the sealing key it is of no use.',
  ],
  [/^dynamodb:UpdateItem$/, /^Tables\/Material$/, 'Adds a version to a key’s material, sealed.'],
  [/^dynamodb:DeleteItem$/, /^Tables\/Material$/, 'Sets aside or shreds what the condition names.'],
  [/^states:StartExecution$/, /./, 'Begins the execution of an authorization, by the alias alone.'],
  [/^states:SendTaskSuccess$/, /./, 'Wakes an execution of this state machine. It carries no decision.'],
  [
    /^states:(DescribeExecution|GetExecutionHistory|StopExecution)$/,
    /./,
    'Looks after executions of this state machine: whether one is alive, its history, and ending one that is replaced.',
  ],
  [/^states:ListExecutions$/, /./, 'Finds the executions that have closed and are not archived.'],
  [
    /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/,
    /^(StreamArn of )?Tables\/Main/,
    'Lambda reads the changes of the table for it: what was committed, and nothing before.',
  ],
  [/^events:PutEvents$/, /./, 'Publishes events of this program, by their source.'],
  [/^s3:PutObject$/, /^Archive\/Bucket\/\*$/, 'Keeps an execution that has closed; the bucket locks it.'],
  [/^s3:ListBucket$/, /^Archive\/Bucket$/, 'Sees by its name whether an execution is kept.'],
  [/^kms:GenerateDataKey$/, /^Archive\/Key$/, 'S3 encrypts what is kept under it.'],
  [/^lambda:InvokeFunction$/, /./, 'The alias that it calls.'],
  [/^sqs:SendMessage$/, /./, 'Puts aside what failed.'],
  [/^ses:/, /./, 'Mails, from the one sender.'],
];

/** @throws Error where nobody has said why. */
export function whyAllowed(action: string, resource: string): string {
  const found = REASONS.find(([ofAction, ofResource]) => ofAction.test(action) && ofResource.test(resource));
  if (found === undefined)
    throw new Error(`test/infra/iam-reasons.ts has no reason for ${action} on ${resource}`);
  return found[2];
}

const DENIALS: readonly (readonly [action: RegExp, why: string])[] = [
  [
    /^dynamodb:(PutItem|UpdateItem|DeleteItem|GetItem)$/,
    'Only the program’s own functions: what is in the table decides.',
  ],
  [
    /^dynamodb:(BatchWriteItem|PartiQL(Insert|Update|Delete))$/,
    'Ways of writing that take no condition of ours along.',
  ],
  [/^dynamodb:UpdateTimeToLive$/, 'What expires DynamoDB deletes by itself, and asks nobody’s policies.'],
  [/^dynamodb:/, 'Copies outlive shredding; reading in bulk is nobody’s part.'],
  [/^kms:(Decrypt|ReEncryptFrom|CreateGrant)$/, 'Unsealing, and passing on the right to.'],
  [/^kms:Sign$/, 'Whose signature it is.'],
  [/^kms:(ScheduleKeyDeletion|DisableKey)$/, 'What is archived could not be read without it.'],
  [/^s3:PutObject$/, 'Nobody else archives, and nobody puts anything in the place of what is archived.'],
  [/^s3:\*$/, 'Nothing goes over a line that others can read.'],
  [/^events:PutEvents$/, 'Whoever reads from the bus need not ask who has published.'],
  [/^kms:/, 'Sealed bytes of somebody else’s could be put in the place of a key’s.'],
];

/** @throws Error where nobody has said why. */
export function whyDenied(action: string): string {
  const found = DENIALS.find(([ofAction]) => ofAction.test(action));
  if (found === undefined) throw new Error(`test/infra/iam-reasons.ts has no reason for denying ${action}`);
  return found[1];
}

const SERVICES: readonly (readonly [what: RegExp, why: string])[] = [
  [/^kms:\S+ logs\./, 'Encrypts the log groups of this stack.'],
  [/^kms:\S+ (cloudwatch|events)\./, 'Encrypts what is published to the alarms’ topic.'],
  [/^kms:\S+ /, 'Used for this account through the service.'],
  [/^sns:Publish /, 'Alarms and the rules `Tampering` tell the topic.'],
  [/^sqs:SendMessage /, 'What could not be handed over is put aside.'],
  [
    /^lambda:InvokeFunction$/,
    'The HTTP API, and the rules of executions that have closed and of mails that came back, call the function behind them.',
  ],
];

/** @throws Error where nobody has said why. */
export function whyOfService(what: string): string {
  const found = SERVICES.find(([of]) => of.test(what));
  if (found === undefined) throw new Error(`test/infra/iam-reasons.ts has no reason for a service’s ${what}`);
  return found[1];
}
