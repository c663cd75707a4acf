import * as z from 'zod';
import type { RotationPolicy } from '../domain/instance.ts';
import { LEAST_MONTHS, MOST_MONTHS, type RotationChange } from '../domain/rotation.ts';
import { fields } from './body.ts';

const MONTHS_RULE = `a whole number from ${LEAST_MONTHS} to ${MOST_MONTHS}`;

export const INTERVAL_MONTH = z
  .int(MONTHS_RULE)
  .min(LEAST_MONTHS, MONTHS_RULE)
  .max(MOST_MONTHS, MONTHS_RULE)
  .optional();

const ROTATION_RULE = 'an object with `enabled`, `interval_month` or both';

/** A rotation policy as it is asked for: what is left out stays as it is (Key Protect's Go client sends `enabled` alone). */
export const ROTATION = fields({
  enabled: z.boolean('true or false').optional(),
  interval_month: INTERVAL_MONTH,
})
  .refine(
    ({ enabled, interval_month }) => enabled !== undefined || interval_month !== undefined,
    ROTATION_RULE,
  )
  .transform(({ enabled, interval_month }) => rotationChange(enabled, interval_month));

export const rotationChange = (
  enabled: boolean | undefined,
  intervalMonths: number | undefined,
): RotationChange => ({
  ...(enabled !== undefined && { enabled }),
  ...(intervalMonths !== undefined && { intervalMonths }),
});

/** As a key shows it. */
export const rotationOf = ({ enabled, intervalMonths }: RotationPolicy): object => ({
  enabled,
  interval_month: intervalMonths,
});
