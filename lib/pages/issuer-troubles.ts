import type { IssuerTrouble } from '../ports/identity.ts';

/** What people are told where an issuer did not say who they are, and what the page is answered with. */
export const ISSUER_TROUBLES: {
  readonly [trouble in IssuerTrouble]: {
    readonly status: 403 | 503;
    /** @param label what people know the issuer by. */
    readonly tell: (label: string) => string;
  };
} = {
  unreachable: {
    status: 503,
    tell: (label) =>
      `${label} does not answer just now. Nothing was changed. Try again in a few seconds; an API key signs you in meanwhile.`,
  },
  misconfigured: {
    status: 503,
    tell: (label) =>
      `${label} and Countersign are not set up for each other. Nothing was changed. Tell the operator: the log says what is wrong. An API key signs you in meanwhile.`,
  },
  'broken-off': {
    status: 403,
    tell: (label) => `The sign-in at ${label} was broken off, or you may not sign in to Countersign there.`,
  },
  refused: {
    status: 403,
    tell: (label) =>
      `What came back from ${label} does not belong to this sign-in, or was used before. Nothing was changed. Begin again.`,
  },
};
