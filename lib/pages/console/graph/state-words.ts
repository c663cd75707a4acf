import { singleLine } from '../../../mails/words.ts';

/** `AwaitApproval` as people read it: `Await approval`. Any other name as it is, in one line. */
export const stateWords = (name: string): string =>
  /^(?:[A-Z][a-z]+)+$/.test(name)
    ? name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    : singleLine(name);
