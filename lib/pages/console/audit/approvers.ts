import { html } from 'hono/html';
import type { Status } from '../../../domain/authorization.ts';
import type { NotOpen, WhyNot } from '../../../domain/could-approve.ts';
import { displayNameOf } from '../../../domain/person.ts';
import type { WhoCouldApprove } from '../../../operations/who-could-approve.ts';
import type { Html } from '../../layout.ts';
import { typed } from '../../parts.ts';
import { exactTime } from '../exact-time.ts';
import { statusWords, table } from '../parts.ts';

const WHY: { readonly [why in WhyNot]: string } = {
  'access-denied': 'was not a Manager of the key',
  'own-request': 'had asked for it, and nobody is both people',
  'own-gain': 'would have got more to do by it themselves',
  'grant-too-young': 'became Manager, or got another address, too late for this round',
  'service-identity': 'is a service, and the instance let none approve',
  removed: 'had been removed',
  frozen: 'was frozen',
  'owner-gone': 'is a service whose owner was not active',
  'roles-unknown': 'may have been a Manager: an earlier version did not write down which roles they had',
};

const CLOSED: { readonly [why in Exclude<NotOpen, Status>]: string } = {
  'not-asked': 'The deletion had not been asked for yet.',
  'window-closed': 'The window had closed.',
  'requester-gone':
    'Whoever had asked did not hold the role any more that they had asked with: no approval would have counted.',
  'requests-frozen': 'A Manager had stopped what the requester asked for: no approval would have counted.',
};

/** Who could have approved at a moment, by the rule that is asked when somebody does; and why the others could not. */
export function approversSection({ at, round, closed, people }: WhoCouldApprove): Html {
  const could = people.filter(({ why }) => why === undefined);
  const others = people.filter(({ why }) => why !== undefined);
  return html`<p>At ${exactTime(at)}${round > 0 && html`, in round ${round}`}. ${closed !== undefined && html`<strong>${closedWords(closed)}</strong>`}</p>
${
  could.length === 0
    ? html`<p>Nobody's role would have been enough.</p>`
    : html`<ul>${could.map(({ person }) => html`<li>${typed(displayNameOf(person))}${person.kind === 'service' && ' (a service)'}</li>`)}</ul>`
}
${
  others.length > 0 &&
  html`<details><summary>Why others could not</summary>${table({
    caption: 'Everybody else of the instance at that moment',
    rows: others,
    empty: 'Nobody.',
    columns: [
      { label: 'Who', heading: true, cell: ({ person }) => typed(displayNameOf(person)) },
      { label: 'Why not', cell: ({ why }) => (why === undefined ? '' : WHY[why]) },
    ],
  })}</details>`
}`;
}

const closedWords = (closed: NotOpen): string =>
  isOwnWord(closed) ? CLOSED[closed] : `It did not wait for an approval any more: ${statusWords(closed)}.`;

const isOwnWord = (closed: NotOpen): closed is keyof typeof CLOSED => closed in CLOSED;
