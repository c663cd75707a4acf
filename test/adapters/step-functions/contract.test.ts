import { stepFunctionsWorkflow } from '../../../lib/adapters/step-functions/workflow.ts';
import { describeWorkflow } from '../../contracts/workflow.ts';
import { STATE_MACHINE, wireFixture } from '../../engine/wire/fixture.ts';

/** The SDK's client over HTTP, against the engine's own implementation of the protocol. */
describeWorkflow('Step Functions', {
  repeated: 'started',
  async open(definition, functions) {
    const { client, engine, clock } = await wireFixture({ definition, functions });
    return {
      workflow: stepFunctionsWorkflow(client, { stateMachineArn: STATE_MACHINE }),
      settle: () => clock.settle(),
      advance: (seconds) => clock.advance(seconds * 1_000),
      close: () => engine.close(),
    };
  },
});
