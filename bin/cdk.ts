import { App } from 'aws-cdk-lib';
import { CountersignStack } from '../lib/infra/countersign-stack.ts';
import { settingsOf } from '../lib/infra/settings.ts';

const app = new App();
const settings = settingsOf(app.node);

new CountersignStack(app, settings.stackName, {
  description: 'Countersign: an encryption key is deleted when two different people say so',
  // Deleting the stack would leave its keys and tables without the program that answers for them.
  terminationProtection: true,
  settings,
});
