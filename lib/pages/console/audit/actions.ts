import { html } from 'hono/html';
import { mayCall } from '../../../domain/access.ts';
import { type Authorization, MOST_ROUNDS, requestingPrincipal } from '../../../domain/authorization.ts';
import type { Key } from '../../../domain/key.ts';
import { type Person, principalOf } from '../../../domain/person.ts';
import type { EpochMillis } from '../../../domain/time.ts';
import type { Html } from '../../layout.ts';
import type { Visit } from '../page.ts';
import { paths } from '../paths.ts';

export interface ActionContext {
  readonly authorization: Authorization;
  readonly key: Key;
  readonly person: Person;
  readonly now: EpochMillis;
}

export type Action = 'decide' | 'withdraw' | 'ask again';

/** What whoever is there could do about an authorization. The operation decides; this only leads to where one can try. */
export function actionsOpen({ authorization, key, person, now }: ActionContext): readonly Action[] {
  if (key.authorizationId !== authorization.id) return [];
  const { status } = authorization;
  const isOwn = requestingPrincipal(authorization) === principalOf(person);
  const closed = status === 'lapsed' || status === 'drifted';
  const decides = status === 'pending' && now < authorization.windowEndsAt && !isOwn;
  const asks = closed && now < authorization.reauthorizeEndsAt && authorization.round < MOST_ROUNDS;
  const stops = closed || status === 'pending' || status === 'approved';
  return [
    ...(decides && mayCall(person, 'denyDeletion', key) ? (['decide'] as const) : []),
    ...(asks && mayCall(person, 'reauthorizeDeletion', key) ? (['ask again'] as const) : []),
    ...(stops && mayCall(person, 'unsetKeyForDeletion', key) ? (['withdraw'] as const) : []),
  ];
}

const LINKS = {
  decide: { label: 'Approve or deny', path: paths.approval },
  'ask again': { label: 'Re-authorize', path: paths.reauthorization },
  withdraw: { label: 'Withdraw', path: paths.withdrawal },
} as const;

export function actionLinks(visit: Visit, context: ActionContext): Html | '' {
  const actions = actionsOpen(context);
  const { keyId, id } = context.authorization;
  return actions.length === 0
    ? ''
    : html`<p class="actions">${actions.map((action) => html`<a class="button" href="${visit.href(LINKS[action].path(keyId, id))}">${LINKS[action].label}</a> `)}</p>`;
}
