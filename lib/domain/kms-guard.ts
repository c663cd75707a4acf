/** A policy document of AWS IAM. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Deny';
  readonly Principal?: '*';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: {
    readonly [operator: string]: { readonly [key: string]: string | readonly string[] };
  };
}

/** What ends a key of AWS KMS, or what it protects: its deletion, its imported material, its store. */
export const ENDING = ['kms:DeleteImportedKeyMaterial', 'kms:ScheduleKeyDeletion'] as const;
/** What keeps a key from being used, or opens a way round: its state, its policy, its tags. */
export const LOOSENING = [
  'kms:DisableKey',
  'kms:PutKeyPolicy',
  'kms:TagResource',
  'kms:UntagResource',
] as const;
/** What lets somebody act as the role. */
const TAKING_OVER = [
  'iam:AttachRolePolicy',
  'iam:DeleteRolePermissionsBoundary',
  'iam:DeleteRolePolicy',
  'iam:DetachRolePolicy',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
] as const;

export interface Guard {
  /** The role of the step that deletes keys: the output `DeletingRole` of the stack. */
  readonly role: string;
  /** Who may still change policies, tags and states: a break-glass role, and what deploys the stack. */
  readonly adminRoles: readonly string[];
  /** The value of the tag `countersign`: the stack's name. */
  readonly stackName: string;
}

export const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

const but = (roles: readonly string[]) => ({ ArnNotEquals: { 'aws:PrincipalArn': [...roles] } });

/**
 * The statements for the policy of every adopted key: a denial outweighs whatever else allows it, for the account's root
 * user and administrators as well. Where nobody is named who may change the policy, changing it is not denied: nobody
 * could lift it any more, AWS Support excepted.
 */
export function keyPolicyStatements({ role, adminRoles }: Guard): readonly PolicyStatement[] {
  const everybody = { Effect: 'Deny', Principal: '*', Resource: '*' } as const;
  return [
    { Sid: 'CountersignAloneDeletes', ...everybody, Action: ENDING, Condition: but([role]) },
    ...(adminRoles.length === 0
      ? []
      : [{ Sid: 'NobodyLoosensIt', ...everybody, Action: LOOSENING, Condition: but(adminRoles) }]),
  ];
}

/**
 * The same as a service control policy, for whole accounts: on every key with the stack's tag, and with the role itself.
 * It does not bind the organization's management account, and no service-linked role.
 */
export function serviceControlPolicy({ role, adminRoles, stackName }: Guard): {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
} {
  const adopted = { StringEquals: { 'aws:ResourceTag/countersign': stackName } };
  const keys = { Effect: 'Deny', Resource: 'arn:*:kms:*:*:key/*' } as const;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CountersignAloneDeletes',
        ...keys,
        Action: ENDING,
        Condition: { ...adopted, ...but([role]) },
      },
      {
        Sid: 'NobodyLoosensIt',
        ...keys,
        Action: LOOSENING,
        Condition: adminRoles.length === 0 ? adopted : { ...adopted, ...but(adminRoles) },
      },
      {
        Sid: 'NobodyBecomesTheRole',
        Effect: 'Deny',
        Resource: role,
        Action: TAKING_OVER,
        ...(adminRoles.length > 0 && { Condition: but(adminRoles) }),
      },
    ],
  };
}
