import { App } from 'aws-cdk-lib';
import { ContextError } from '../lib/infra/context.ts';
import { CountersignStack } from '../lib/infra/countersign-stack.ts';
import { type Settings, settingsOf } from '../lib/infra/settings.ts';

const app = new App();
const settings = settingsOrEnd();

new CountersignStack(app, settings.stackName, {
  description: 'Countersign: an encryption key is deleted when two different people say so',
  // Deleting the stack would leave its keys and tables without the program that answers for them.
  terminationProtection: true,
  settings,
});

/** A setting that cannot be used is told in one line. */
function settingsOrEnd(): Settings {
  try {
    return settingsOf(app.node);
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
