import type { Instance } from '../domain/instance.ts';
import { type Block, paragraph } from './content.ts';
import { singleLine } from './words.ts';

interface Sent {
  readonly to: string;
  readonly instance: Instance;
  readonly publicUrl: string;
}

/** What every mail ends with. Named without `https://`, so that a mail with a link has that one only. */
export const closing = ({ to, instance, publicUrl }: Sent): readonly Block[] => [
  paragraph(
    `Sent to ${singleLine(to)} by Countersign at ${publicUrl.replace(/^https?:\/\//, '')}` +
      `${instance.trial ? ', a trial instance with printed API keys' : ''}.`,
  ),
];
