import * as z from 'zod';
import { MOST_ADDRESS_RANGES } from '../../../domain/instance-policies.ts';
import { isAddressRange } from '../../../domain/network.ts';
import { LEAST_MONTHS, MOST_MONTHS } from '../../../domain/rotation.ts';
import type { InstancePolicyChange } from '../../../operations/written-policies.ts';

/** A box that is ticked sends `true`; one that is not sends nothing. */
const tick = z
  .literal('true')
  .optional()
  .transform((sent) => sent === 'true');

const MONTHS_RULE = `Write a whole number from ${LEAST_MONTHS} to ${MOST_MONTHS}`;
const RANGES_RULE = `Write at most ${MOST_ADDRESS_RANGES} addresses or ranges, such as 192.0.2.0/24, one on each line`;

const complain = (context: z.RefinementCtx, field: string, message: string) =>
  context.addIssue({ code: 'custom', path: [field], message });

const DUAL = z
  .object({ dualAuthDeleteOn: tick })
  .transform(({ dualAuthDeleteOn }): InstancePolicyChange => ({ dualAuthDelete: dualAuthDeleteOn }));

const ROTATION = z
  .object({ rotationOn: tick, intervalMonths: z.string(MONTHS_RULE).trim() })
  .superRefine(({ rotationOn, intervalMonths }, context) => {
    const months = Number(intervalMonths);
    const isWhole = /^\d{1,2}$/.test(intervalMonths) && months >= LEAST_MONTHS && months <= MOST_MONTHS;
    // One that is off does without; what it then says must be a number all the same.
    if (!isWhole && (rotationOn || intervalMonths !== '')) complain(context, 'intervalMonths', MONTHS_RULE);
  })
  .transform(
    ({ rotationOn, intervalMonths }): InstancePolicyChange => ({
      rotation: {
        enabled: rotationOn,
        ...(intervalMonths !== '' && { intervalMonths: Number(intervalMonths) }),
      },
    }),
  );

const linesOf = (text: string): readonly string[] => text.split(/[\s,]+/).filter((line) => line !== '');

const ALLOWED_IP = z
  .object({ allowedIPOn: tick, ranges: z.string(RANGES_RULE).max(60_000, RANGES_RULE).transform(linesOf) })
  .superRefine(({ allowedIPOn, ranges }, context) => {
    const wrong = ranges.find((range) => !isAddressRange(range));
    if (wrong !== undefined)
      complain(context, 'ranges', `“${wrong.slice(0, 60)}” is no address and no range. ${RANGES_RULE}`);
    else if (ranges.length > MOST_ADDRESS_RANGES) complain(context, 'ranges', RANGES_RULE);
    else if (allowedIPOn && ranges.length === 0) complain(context, 'ranges', `${RANGES_RULE}: at least one`);
  })
  .transform(
    ({ allowedIPOn, ranges }): InstancePolicyChange => ({
      allowedIP: { enabled: allowedIPOn, ...(allowedIPOn && { ranges }) },
    }),
  );

const ALLOWED_NETWORK = z.object({ allowedNetworkOn: tick }).transform(
  ({ allowedNetworkOn }): InstancePolicyChange => ({
    allowedNetwork: {
      enabled: allowedNetworkOn,
      ...(allowedNetworkOn && { network: 'public-and-private' as const }),
    },
  }),
);

const KEY_ACCESS = z
  .object({
    keyAccessOn: tick,
    createRootKey: tick,
    createStandardKey: tick,
    importRootKey: tick,
    importStandardKey: tick,
    enforceToken: tick,
  })
  .transform(
    ({ keyAccessOn, ...access }): InstancePolicyChange => ({
      keyCreateImportAccess: { enabled: keyAccessOn, ...(keyAccessOn && { access }) },
    }),
  );

/** What the form of each policy sends; metrics have none, since none are sent anywhere. */
export const POLICY_FORMS = {
  dualAuthDelete: DUAL,
  rotation: ROTATION,
  allowedIP: ALLOWED_IP,
  allowedNetwork: ALLOWED_NETWORK,
  keyCreateImportAccess: KEY_ACCESS,
} as const satisfies { readonly [kind: string]: z.ZodType<InstancePolicyChange> };

export type PolicyKind = keyof typeof POLICY_FORMS;

export const isPolicyKind = (text: string): text is PolicyKind => Object.hasOwn(POLICY_FORMS, text);
