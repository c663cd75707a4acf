import { Lazy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';

/** Roles that a denial leaves out, named while the stack is built; the break-glass role is always among them. */
export class Named {
  private readonly arns: string[];

  constructor(breakGlassRole: string | undefined) {
    this.arns = breakGlassRole === undefined ? [] : [breakGlassRole];
  }

  add({ roleArn }: IRole): void {
    if (!this.arns.includes(roleArn)) this.arns.push(roleArn);
  }

  /** For a condition, when everybody has been named. */
  list(): readonly string[] {
    return Lazy.list({ produce: () => this.arns });
  }
}

interface Denial extends Pick<PolicyStatementProps, 'sid' | 'conditions'> {
  readonly actions: readonly string[];
}

/**
 * An explicit denial in a resource's policy. No identity policy, of an administrator either, outweighs it: only whoever
 * may change the resource's policy can take it away. `*` is the resource itself, which cannot name itself.
 *
 * By the condition and not as NotPrincipal: a role that is made anew is the same one to it.
 *
 * @param named undefined: it leaves nobody out.
 */
export const denyAllBut = (
  named: Named | undefined,
  { conditions, ...statement }: Denial,
): PolicyStatementProps => ({
  ...statement,
  actions: [...statement.actions],
  effect: Effect.DENY,
  principals: [new AnyPrincipal()],
  resources: ['*'],
  conditions: { ...conditions, ...(named && { ArnNotEquals: { 'aws:PrincipalArn': named.list() } }) },
});
