import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineClock } from '../../lib/engine/clock.ts';
import { groupCommit, openDatabase } from '../../lib/engine/database.ts';
import { type Engine, openEngine } from '../../lib/engine/engine.ts';
import { serveStepFunctions } from '../../lib/engine/wire/listener.ts';
import { allowed, statementsOf } from '../infra/policies.ts';
import { type Lambda, LambdaError, secretOf } from './lambda.ts';
import type { Template } from './template.ts';

/** The synthesized state machine, run by the engine, which answers the Step Functions API. */
export interface StateMachine {
  readonly arn: string;
  readonly endpoint: string;
  /** Ends the engine as a machine that loses its power ends it, and opens it over the same journal. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface StateMachineOptions {
  readonly template: Template;
  readonly lambda: Lambda;
  readonly clock: EngineClock;
}

export async function openStateMachine({
  template,
  lambda,
  clock,
}: StateMachineOptions): Promise<StateMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-deployed-'));
  const { id, Properties } = template.one('AWS::StepFunctions::StateMachine');
  const open = () => {
    const database = openDatabase(join(folder, 'engine.db'));
    const engine = openEngine({
      database,
      commit: groupCommit(database),
      clock,
      stateMachineName: id,
      definition: definitionOf(template, Properties),
      functions: functionsOf(template, lambda),
      drainMilliseconds: 0,
    });
    return { database, engine };
  };
  let running = open();
  // The listener asks for it at each request.
  const current = {
    get engine(): Engine {
      return running.engine;
    },
  };
  const listener = await serveStepFunctions({
    get engine() {
      return current.engine;
    },
    clock,
    port: 0,
    secretOf: async (accessKeyId) => secretOf(accessKeyId),
  });
  const shut = async () => {
    await running.engine.close();
    running.database.close();
  };
  return {
    arn: template.resolve({ Ref: id }),
    endpoint: `http://127.0.0.1:${listener.port}`,
    async restart() {
      await shut();
      running = open();
    },
    async close() {
      await listener.close(0);
      await shut();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The template's text, with what CloudFormation puts in. */
function definitionOf(template: Template, properties: Readonly<Record<string, unknown>>): object {
  const { DefinitionString, DefinitionSubstitutions = {} } = properties as {
    DefinitionString: unknown;
    DefinitionSubstitutions?: Readonly<Record<string, unknown>>;
  };
  const text = template
    .resolve(DefinitionString)
    .replace(/\$\{(\w+)\}/g, (_, name: string) => template.resolve(DefinitionSubstitutions[name]));
  return JSON.parse(text);
}

/** What the state machine's role may invoke, by the ARNs that the definition names. */
function functionsOf(template: Template, lambda: Lambda) {
  const { RoleArn } = template.one('AWS::StepFunctions::StateMachine').Properties as {
    RoleArn: { readonly 'Fn::GetAtt': readonly [string, string] };
  };
  const statements = statementsOf(template, RoleArn['Fn::GetAtt'][0]);
  return Object.fromEntries(
    template.ofType('AWS::Lambda::Alias').map(({ id, Properties }) => {
      const resource = template.resolve({ Ref: id });
      const name = template.resolve(Properties.FunctionName);
      const invoke = async (payload: unknown) => {
        if (allowed(statements, { action: 'lambda:InvokeFunction', resource }))
          return lambda.invoke(name, payload);
        throw new LambdaError('Lambda.AccessDeniedException', `the state machine may not invoke ${resource}`);
      };
      return [resource, invoke];
    }),
  );
}
