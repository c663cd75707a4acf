import * as z from 'zod';
import { parseDuration, spelled } from '../../domain/time.ts';
import { CliError } from '../problem.ts';
import { table } from '../terminal.ts';
import { policyText, type ShownPolicy } from './policies.ts';

export const INSTANCE_PATH = 'countersign/v1/instance';

const INSTANCE = z.looseObject({
  id: z.string(),
  name: z.string(),
  authorizationWindow: z.string(),
  reauthorizationWindow: z.string(),
  restoreWindow: z.string(),
  managerWait: z.string(),
  serviceApprovals: z.boolean(),
  approvalNeedsCredential: z.boolean(),
  approvalNeedsManifest: z.boolean(),
  trial: z.boolean(),
});

/** An instance as the server shows it. */
export type ShownInstance = z.infer<typeof INSTANCE>;

/** @throws CliError when the server does not answer as one. */
export function readInstance(answer: unknown): ShownInstance {
  const parsed = INSTANCE.safeParse(answer);
  if (!parsed.success) throw new CliError('the server sent an answer that is no instance');
  return parsed.data;
}

/** The instance with its policies, a line a fact. */
export const instanceText = (instance: ShownInstance, policies: readonly ShownPolicy[]): string =>
  table([
    ['instance', instance.name],
    ['id', instance.id],
    ['authorization window', windowText(instance.authorizationWindow)],
    ['re-authorization window', windowText(instance.reauthorizationWindow)],
    [
      'restore window',
      instance.restoreWindow === 'PT0S'
        ? 'none: a deletion shreds at once'
        : windowText(instance.restoreWindow),
    ],
    [
      'new Managers approve',
      instance.managerWait === 'PT0S' ? 'at once' : `after ${windowText(instance.managerWait)}`,
    ],
    ['services approve', instance.serviceApprovals ? 'yes' : 'no'],
    [
      'approving by link',
      instance.approvalNeedsCredential ? 'with the API key of its person' : 'by the link alone',
    ],
    [
      'approving by API',
      instance.approvalNeedsManifest
        ? 'with the digest of the manifest'
        : 'with or without the digest of the manifest',
    ],
    ['trial', instance.trial ? 'yes: API keys that stood in a terminal are used' : 'no'],
    ...policies.map(policyText),
  ]);

const windowText = (duration: string): string => `${duration} (${spelled(parseDuration(duration) ?? 0)})`;
