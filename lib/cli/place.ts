import { type Command, Option } from 'commander';
import type { Order, Outcome } from '../wiring/administration.ts';
import { CliError } from './problem.ts';

/** Where an installation is: in a data folder, or in a stack on AWS. */
export interface Place {
  readonly dataDir?: string;
  readonly stack?: string;
  readonly region?: string;
  readonly profile?: string;
}

/** The options of a command that an operator carries out in either; `--stack` outweighs COUNTERSIGN_DATA_DIR. */
export const withPlace = (command: Command): Command =>
  withStack(
    command.addOption(new Option('--data-dir <dir>', 'the data folder').env('COUNTERSIGN_DATA_DIR')),
  ).hook('preAction', (_, called) => {
    const { dataDir, stack } = called.opts<Place>();
    if (dataDir === undefined && stack === undefined)
      throw new CliError('where? Give --data-dir, or --stack for an installation on AWS');
  });

export const withStack = (command: Command): Command =>
  command
    .option('--stack <name>', 'a CloudFormation stack, with the credentials that the AWS SDK finds')
    .option('--region <region>', 'the stack’s, if not that of the environment or the profile')
    .option('--profile <name>', 'of the AWS configuration files')
    .hook('preAction', (_, called) => {
      const { stack, region, profile } = called.opts<Place>();
      if (stack === undefined && (region !== undefined || profile !== undefined))
        throw new CliError('--region and --profile are for --stack');
      if (stack !== undefined && called.getOptionValueSource('dataDir') === 'cli')
        throw new CliError('either --data-dir or --stack');
    });

/** As a sentence names it. */
export const placeName = ({ stack, dataDir = '' }: Place): string =>
  stack === undefined ? dataDir : `the stack ${stack}`;

/** As the option that led there, for a command to try next. */
export const placeOption = ({ stack, dataDir = '' }: Place): string =>
  stack === undefined ? `--data-dir ${dataDir}` : `--stack ${stack}`;

/** Has an order carried out where the installation is. @throws what that place throws, with a text for the operator. */
export async function orderAt({ dataDir = '', stack, ...access }: Place, order: Order): Promise<Outcome> {
  if (stack !== undefined) {
    const { region, profile } = access;
    return (await import('../wiring/stack-order.ts')).orderInStack({ stack, region, profile }, order);
  }
  return (await import('../wiring/order.ts')).orderIn(dataDir, order);
}
