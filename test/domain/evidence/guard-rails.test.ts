import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verdictOf } from '../../../lib/domain/evidence/verdict.ts';
import { addByOperator } from '../../../lib/operations/add-by-operator.ts';
import { changeInstance } from '../../../lib/operations/instance.ts';
import {
  exported,
  type Loose,
  looseLines,
  problemsOf,
  rehashed,
  resealed,
  verified,
} from '../../support/evidence.ts';
import { expectOk, openStory, type Story } from '../../support/story.ts';
import { addByTwo, changeInstanceByTwo } from '../../support/two-managers.ts';

let story: Story;
let texts: readonly string[];

beforeAll(async () => {
  story = await openStory();
  const { context, instanceId } = story;
  const two = { asks: await story.as('alice'), approves: await story.as('bob') };
  expectOk(await addByTwo(context, two, { email: 'dan@example.com', roles: ['Manager'] }));
  expectOk(await changeInstanceByTwo(context, two, { restoreWindow: 60 }));
  expectOk(await addByOperator(context, { instanceId, email: 'eve@example.com', roles: ['Manager'] }));
  // Asked for, and not approved.
  expectOk(await changeInstance(context, two.asks, { serviceApprovals: true }));
  ({ texts } = await exported(context, two.asks));
});
afterAll(() => story.close());

describe('a file of evidence with changes of the guard rails', () => {
  it('proves how many had a second Manager, and tells which the operator made alone', () => {
    const findings = verified(texts);
    expect(findings.problems).toEqual([]);
    expect(findings.guardRails).toMatchObject([
      { requester: expect.any(String), approver: expect.any(String), person: expect.any(String) },
      { approver: expect.any(String) },
      { alone: 'operator', person: expect.any(String) },
    ]);
    const { proves } = verdictOf(findings);
    expect(proves).toContain('2 changes of the guard rails had the approval of a second Manager');
    expect(proves).toContain('1 change of the guard rails the operator of the installation made alone');
  });

  /** The instance's chain computed anew after a change of one of its events. */
  const tampered = async (action: string, change: (event: Loose, lines: Loose[]) => void) => {
    const lines = looseLines(texts);
    const line = lines.find(({ event }) => (event as { action?: string } | undefined)?.action === action);
    if (line === undefined) throw new Error(`there is no ${action}`);
    change(line.event as Loose, lines);
    return problemsOf(await resealed(rehashed(lines, 'instance'), story.context.signer));
  };
  const APPROVE = 'countersign.change-requests.approve';

  it.each<readonly [string, RegExp, (event: Loose, lines: Loose[]) => void]>([
    [
      'who asked is made the one who approved',
      /was asked for and approved by one person/,
      (event, lines) => {
        const asked = lines.find(
          (line) =>
            (line.event as { action?: string } | undefined)?.action === 'countersign.change-requests.create',
        );
        event.actor = (asked?.event as Loose | undefined)?.actor;
      },
    ],
    [
      'another change is said to be approved',
      /is not the one that change request .* asked for/,
      (event) => {
        event.data = { ...(event.data as object), digest: 'another' };
      },
    ],
    [
      'the approval is taken out',
      /was carried out, and nobody has approved it/,
      (event, lines) => {
        lines.splice(
          lines.findIndex((line) => line.event === event),
          1,
        );
      },
    ],
    [
      'the address of who approved was changed after it was asked for',
      /change request .* was approved by somebody whose address or sign-in was changed at .*, too late/,
      (event, lines) => {
        const at = lines.findIndex((line) => line.event === event);
        const data = { person: event.actor, addressChanged: true };
        const change = { ...event, action: 'countersign.people.change', data };
        lines.splice(at, 0, { type: 'event', chain: 'instance', event: change });
      },
    ],
    [
      'another person is said to have approved',
      /in the name of another person than approved it/,
      (event) => {
        event.actor = 'countersign|somebody';
      },
    ],
  ])('tells when %s', async (_, told, change) => {
    const problems = await tampered(APPROVE, change);
    expect(
      problems.some((problem) => told.test(problem)),
      problems.join('\n'),
    ).toBe(true);
  });

  const ALONE = /was given (Manager|KeyPurge)(@key:k)?, and no second Manager has approved it/;
  const ADD = 'countersign.people.add';
  const CHANGE = 'countersign.people.change';
  const SAYS = { byOperator: undefined, changeRequest: undefined, approvedBy: undefined };

  /** What is told of an event of the chain that gives something when its data are these. */
  const given = async (action: string, data: object) => {
    const problems = await tampered(action, (event) => {
      event.data = JSON.parse(JSON.stringify({ ...(event.data as object), ...SAYS, ...data }));
    });
    return problems.some((problem) => ALONE.test(problem));
  };

  /** Makes what the operator did look like what anybody did. */
  const hideOperator = (lines: readonly Loose[]) => {
    for (const { event } of lines) {
      const { data } = (event ?? {}) as { data?: { byOperator?: boolean } };
      delete data?.byOperator;
    }
  };

  /** The chain as it was before there were change requests. */
  const leaveOut = (lines: Loose[]) => {
    const isOfOne = ({ event }: Loose) => {
      const { action = '', data } = (event ?? {}) as { action?: string; data?: { changeRequest?: string } };
      return action.startsWith('countersign.change-requests.') || data?.changeRequest !== undefined;
    };
    for (let at = lines.length - 1; at >= 0; at -= 1) {
      if (isOfOne(lines[at] as Loose)) lines.splice(at, 1);
    }
  };

  it.each<readonly [string, string, object]>([
    ['somebody becomes Manager', CHANGE, {}],
    ['somebody may purge', CHANGE, { granted: 'Reader KeyPurge' }],
    ['somebody who came as a Reader becomes Manager of one key', CHANGE, { granted: 'Manager@key:k' }],
    ['somebody may purge who was Manager', CHANGE, { granted: 'KeyPurge', revoked: 'Manager' }],
  ])('tells when %s with nobody else’s approval', async (_, action, data) => {
    expect(await given(action, data)).toBe(true);
  });

  it('tells when somebody is added as Manager by one person, and is silent about the operator', async () => {
    expect(problemsOf(texts)).toEqual([]);
    const problems = await tampered(ADD, (_, lines) => hideOperator(lines));
    expect(
      problems.some((problem) => ALONE.test(problem)),
      problems.join('\n'),
    ).toBe(true);
  });

  it.each<readonly [string, object]>([
    ['a role that asks for nobody else', { granted: 'Writer' }],
    ['a part of what somebody was Manager of', { granted: 'Manager@key:k', revoked: 'Manager' }],
    ['a role that is granted anew', { granted: 'Manager', revoked: 'Manager' }],
    [
      'a part, to one of the first people, of whom the chain does not tell',
      { person: 'x', granted: 'Manager@key:k' },
    ],
    ['what was made in a trial', { exempt: 'trial' }],
  ])('does not take %s for that', async (_, data) => {
    expect(await given(CHANGE, data)).toBe(false);
  });

  it('lets a chain be valid that is older than change requests', async () => {
    const alone = await tampered(ADD, (_, lines) => {
      leaveOut(lines);
      hideOperator(lines);
    });
    expect(alone.filter((problem) => ALONE.test(problem))).toEqual([]);
  });
});
