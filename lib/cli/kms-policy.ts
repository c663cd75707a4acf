import { keyPolicyStatements, serviceControlPolicy } from '../domain/kms-guard.ts';
import { print } from './terminal.ts';

export interface PolicyOptions {
  readonly role: string;
  readonly adminRole?: readonly string[];
  readonly tag: string;
  readonly json?: boolean;
}

/** `countersign kms policy`: what to put into key policies, and into an organization. */
export async function kmsPolicy({
  role,
  adminRole: adminRoles = [],
  tag,
  json,
}: PolicyOptions): Promise<void> {
  const guard = { role, adminRoles, stackName: tag };
  const statements = keyPolicyStatements(guard);
  const organization = serviceControlPolicy(guard);
  if (json) {
    return print(
      JSON.stringify({ keyPolicyStatements: statements, serviceControlPolicy: organization }, null, 2),
    );
  }
  const open =
    adminRoles.length > 0
      ? []
      : [
          '',
          'No --admin-role is given: the key policy leaves changing it open, and only the service control policy denies it.',
        ];
  await print(
    [
      'Statements for the policy of each adopted key:',
      JSON.stringify(statements, null, 2),
      ...open,
      '',
      `Service control policy, for the accounts that have keys with the tag countersign=${tag}:`,
      JSON.stringify(organization, null, 2),
    ].join('\n'),
  );
}
