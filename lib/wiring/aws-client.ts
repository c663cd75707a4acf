import { PermanentError } from '../domain/errors.ts';

/** A function's environment variables: `lib/infra` sets each together with the right that it is for. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How long an AWS service may take, in milliseconds: most answer within 100. The SDK tries three times, so that a
 * function hears of it, and can say so, before it is ended itself.
 */
export const CLIENT = {
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

/** @throws PermanentError that names the variable that is missing. */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new PermanentError(`the variable ${name} is not set`);
  return value;
}
