import type { Command } from 'commander';
import { examples } from '../arguments.ts';
import type { WorkflowRunOptions } from './run.ts';

export function addWorkflowCommands(program: Command): void {
  const workflow = program
    .command('workflow')
    .description('look at a workflow before it is deployed; needs no server and no data folder');
  workflow
    .command('check')
    .argument(
      '[file]',
      'a definition in Amazon States Language; -: standard input; without it the built-in one',
    )
    .description('say what the embedded engine does not support in a definition')
    .action(async (path?: string) => (await import('./check.ts')).checkWorkflow(path));
  workflow
    .command('run')
    .description('run a definition on a virtual clock and print its history')
    .option('--definition <file>', 'as for check; without it the built-in one')
    .option('--input <json>', "the execution's input", '{}')
    .option(
      '--results <file>',
      'what the tasks answer: {"State": [{"return": …}, {"throw": {…}}, {"never": true}]}',
    )
    .option('--json', "print JSON, events in the shape of AWS's GetExecutionHistory")
    .addHelpText(
      'after',
      examples(
        'countersign workflow check definition.json',
        'countersign workflow run --definition definition.json --results results.json',
        `countersign workflow run --definition definition.json --input '{"amount": 3}' --json`,
      ),
    )
    .action(async (options: WorkflowRunOptions) => (await import('./run.ts')).runWorkflow(options));
}
