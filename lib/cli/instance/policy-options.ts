import { InvalidArgumentError } from 'commander';
import { LEAST_MONTHS, MOST_MONTHS } from '../../domain/rotation.ts';

/** Switches of policies: flag, the attribute of keyCreateImportAccess that it sets, what it says. */
export const SWITCHES = [
  [
    'dual-authorization',
    undefined,
    'whether keys that are created from now on need two people to be deleted',
  ],
  ['create-root-keys', 'create_root_key', 'whether root keys can be created'],
  ['create-standard-keys', 'create_standard_key', 'whether standard keys can be created'],
  ['import-root-keys', 'import_root_key', 'whether root keys can be imported'],
  ['import-standard-keys', 'import_standard_key', 'whether standard keys can be imported'],
  ['import-needs-token', 'enforce_token', 'whether material is imported under an import token alone'],
] as const;

/** @throws InvalidArgumentError */
export function parseMonths(text: string): number | 'off' {
  if (text === 'off') return text;
  const months = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (months >= LEAST_MONTHS && months <= MOST_MONTHS) return months;
  throw new InvalidArgumentError(`It must be off, or months from ${LEAST_MONTHS} to ${MOST_MONTHS}.`);
}
