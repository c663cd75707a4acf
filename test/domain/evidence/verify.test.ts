import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../lib/domain/canonical.ts';
import { CHECKPOINT_TYPE } from '../../../lib/domain/checkpoint.ts';
import type { Pinned } from '../../../lib/domain/evidence/keys.ts';
import { verdictOf } from '../../../lib/domain/evidence/verdict.ts';
import { sha256 } from '../../../lib/operations/caller.ts';
import { signStatement } from '../../../lib/operations/sign-statement.ts';
import type { TokenSigner } from '../../../lib/ports/token-signer.ts';
import { otherSigner } from '../../support/checkpoint-signer.ts';
import {
  exported,
  handedOver,
  type Loose,
  looseLines,
  problemsOf,
  rehashed,
  resealed,
  verified,
} from '../../support/evidence.ts';
import { livedThrough } from '../../support/evidence-story.ts';
import { openStory, type Story } from '../../support/story.ts';

let story: Story;
let texts: readonly string[];
let lines: readonly Loose[];
let pinned: Pinned;
let keys: Awaited<ReturnType<typeof livedThrough>>;
let foreign: TokenSigner;

beforeAll(async () => {
  story = await openStory();
  keys = await livedThrough(story);
  const rita = await story.as('rita');
  ({ texts } = await exported(story.context, rita));
  lines = looseLines(texts);
  pinned = await handedOver(story.context, story.instanceId);
  foreign = await otherSigner();
});
afterAll(() => story.close());

/** The line, from 1, of the chain's event with this action. */
const eventLine = (chain: string, action: string): number =>
  lines.findIndex((line) => line.chain === chain && (line.event as Loose | undefined)?.action === action) + 1;
const typeLine = (type: Loose['type'], which = 0): number =>
  lines.flatMap((line, i) => (line.type === type ? [i + 1] : []))[which] ?? 0;

const SET = 'kms.secrets.setkeyfordeletion';
const copy = (): Loose[] => structuredClone(lines) as Loose[];
const eventOf = (line: Loose | undefined) => line?.event as { [name: string]: unknown };
const without = (at: number) => copy().toSpliced(at - 1, 1);

interface Case {
  readonly what: string;
  readonly change: () => Loose[] | Promise<Loose[]>;
  /** What is said, and at which line. */
  readonly told: () => readonly [line: number | undefined, RegExp];
}

const CASES: readonly Case[] = [
  {
    what: 'an event is changed',
    change: () => {
      const changed = copy();
      eventOf(changed[eventLine(keys.deleted, SET) - 1]).actor = 'somebody|else';
      return changed;
    },
    told: () => [eventLine(keys.deleted, SET), /event 2 of key .* was changed: its hash/],
  },
  {
    what: 'an event is replaced by another that fits its own hash',
    change: () => {
      const changed = copy();
      const line = changed[eventLine(keys.used, 'kms.secrets.disable') - 1];
      const { hash: _, ...unsigned }: { [name: string]: unknown } = { ...eventOf(line), at: 1 };
      if (line) line.event = { ...unsigned, hash: sha256(canonicalJson(unsigned)) };
      return changed;
    },
    told: () => [
      eventLine(keys.used, 'kms.secrets.enable'),
      /event 3 of key .* does not continue event 2: one of the two was changed or replaced/,
    ],
  },
  {
    what: 'an event is dropped',
    change: () => without(eventLine(keys.deleted, SET)),
    told: () => [eventLine(keys.deleted, SET), /event 2 of key .* is missing/],
  },
  {
    what: 'an event is added',
    change: () => {
      const at = eventLine(keys.deleted, SET);
      return copy().toSpliced(at, 0, structuredClone(lines[at - 1]) as Loose);
    },
    told: () => [eventLine(keys.deleted, SET) + 1, /event 2 of key .* is out of order, or there twice/],
  },
  {
    what: 'two events change places',
    change: () => {
      const at = eventLine(keys.deleted, SET);
      const changed = copy();
      const [one, other] = [changed[at - 1], changed[at]];
      if (one && other) changed.splice(at - 1, 2, other, one);
      return changed;
    },
    told: () => [eventLine(keys.deleted, SET), /event 2 of key .* is missing/],
  },
  {
    what: 'the end of a chain is cut off where a checkpoint has seen it',
    change: () => without(eventLine(keys.deleted, 'kms.secrets.delete')),
    told: () => [
      undefined,
      /end of the chain of key .* is cut off after event 3: checkpoint \d+, signed at .* has seen event 4/,
    ],
  },
  {
    what: 'the end of a chain is cut off after its last checkpoint',
    change: () => without(eventLine(keys.used, SET)),
    told: () => [undefined, /end of the chain of key .* is cut off after event 3: there were 4 \(line \d+\)/],
  },
  {
    what: 'a whole chain is rebuilt with another person in it',
    change: () => {
      const changed = copy();
      const at = eventLine(keys.deleted, 'countersign.authorization.approve');
      eventOf(changed[at - 1]).note = 'made up';
      return rehashed(changed, keys.deleted);
    },
    told: () => [
      eventLine(keys.deleted, 'kms.secrets.delete'),
      /chain of key .* was rebuilt: checkpoint \d+, signed at .* \(line \d+\), has seen another event 4/,
    ],
  },
  {
    what: 'the second person is made the first, in a chain that is rebuilt',
    change: () => {
      const changed = copy();
      const by = eventOf(changed[eventLine(keys.deleted, SET) - 1]).actor;
      for (const action of ['countersign.authorization.approve', 'kms.secrets.delete']) {
        eventOf(changed[eventLine(keys.deleted, action) - 1]).actor = by;
      }
      return rehashed(changed, keys.deleted);
    },
    told: () => [
      eventLine(keys.deleted, 'kms.secrets.delete'),
      /key .* was deleted by one person alone, although its policy asks for two/,
    ],
  },
  {
    what: 'an approval is taken out of a chain that is rebuilt',
    change: () =>
      rehashed(without(eventLine(keys.deleted, 'countersign.authorization.approve')), keys.deleted),
    told: () => [
      eventLine(keys.deleted, 'kms.secrets.delete') - 1,
      /key .* was deleted, and nobody has approved it/,
    ],
  },
  {
    what: 'a request is taken out of a chain that is rebuilt',
    change: () => rehashed(without(eventLine(keys.deleted, SET)), keys.deleted),
    told: () => [
      eventLine(keys.deleted, 'kms.secrets.delete') - 1,
      /key .* was deleted, and nobody has asked for it/,
    ],
  },
  {
    what: 'a whole chain is missing',
    change: () => copy().filter(({ chain }) => chain !== keys.deleted),
    told: () => [undefined, /the whole chain of key .* is missing: checkpoint/],
  },
  {
    what: 'a chain is there twice',
    change: () => [...copy().slice(0, -1), ...copy().filter(({ chain }) => chain === keys.used)],
    told: () => [undefined, /the chain of key .* is there twice/],
  },
  {
    what: 'a checkpoint is dropped',
    change: () => without(typeLine('checkpoint', 1)),
    told: () => [typeLine('checkpoint', 1), /1 checkpoint before checkpoint 3 is missing/],
  },
  {
    what: 'checkpoints change places',
    change: () => {
      const at = typeLine('checkpoint', 1);
      const changed = copy();
      changed.splice(at - 1, 2, ...changed.slice(at - 1, at + 1).reverse());
      return changed;
    },
    told: () => [typeLine('checkpoint', 1) + 1, /checkpoint 2 is out of order/],
  },
  {
    what: 'a checkpoint is signed by another key',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 1) - 1;
      const payload = payloadOf(changed[at]);
      const jws = await signStatement(foreign, { typ: CHECKPOINT_TYPE, payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      return changed;
    },
    told: () => [
      typeLine('checkpoint', 1),
      /the checkpoint is signed by the key .*, which is not a key for this/,
    ],
  },
  {
    what: 'a checkpoint is signed by another key, which is in the file',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 1) - 1;
      const payload = payloadOf(changed[at]);
      const jws = await signStatement(foreign, { typ: CHECKPOINT_TYPE, payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      const jwk = await foreign.publicKey();
      return changed.toSpliced(1, 0, { type: 'public-key', use: 'checkpoints', jwk });
    },
    told: () => [
      typeLine('checkpoint', 1) + 1,
      /the checkpoint is signed by the key .*, which is not a key for this/,
    ],
  },
  {
    what: 'a checkpoint is signed by the key of the API',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 1) - 1;
      const payload = payloadOf(changed[at]);
      const jws = await signStatement(story.context.signer, { typ: CHECKPOINT_TYPE, payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      return changed;
    },
    told: () => [
      typeLine('checkpoint', 1),
      /the checkpoint is signed by the key .*, which is not a key for this/,
    ],
  },
  {
    what: 'the payload of a checkpoint is changed',
    change: () => {
      const changed = copy();
      const at = typeLine('checkpoint', 1) - 1;
      const [head, , signature] = String(changed[at]?.jws).split('.');
      const body = Buffer.from(JSON.stringify({ ...payloadOf(changed[at]), at: 0 })).toString('base64url');
      changed[at] = { ...changed[at], type: 'checkpoint', jws: `${head}.${body}.${signature}` };
      return changed;
    },
    told: () => [typeLine('checkpoint', 1), /the checkpoint is not what the key .* has signed/],
  },
  {
    what: 'the heads beside a checkpoint are changed',
    change: () => {
      const changed = copy();
      const heads = (changed[typeLine('checkpoint', 1) - 1]?.heads ?? []) as { hash: string }[];
      if (heads[0]) heads[0].hash = '0'.repeat(64);
      return changed;
    },
    told: () => [typeLine('checkpoint', 1), /the heads beside checkpoint 2 are not those that were signed/],
  },
  {
    what: 'a manifest is changed',
    change: () => {
      const changed = copy();
      const authorization = changed[typeLine('authorization') - 1]?.authorization;
      (authorization as { manifest: { name: string } }).manifest.name = 'another key';
      return changed;
    },
    told: () => [
      typeLine('authorization'),
      /the manifest of authorization .* was changed: its digest is another/,
    ],
  },
  {
    what: 'an authorization names another requester',
    change: () => {
      const changed = copy();
      const authorization = changed[typeLine('authorization') - 1]?.authorization;
      (authorization as { requester: string }).requester = 'somebody|else';
      return changed;
    },
    told: () => [typeLine('authorization'), /names another requester than the events do/],
  },
  {
    what: 'an authorization is said to be approved by whoever owns what asked for it',
    change: () => {
      const changed = copy();
      const [one = 0] = lines.flatMap((line, i) =>
        line.type === 'authorization' && line.chain === keys.deleted ? [i] : [],
      );
      const authorization = changed[one]?.authorization as { [name: string]: unknown };
      authorization.requesterPrincipal = authorization.approver;
      return changed;
    },
    told: () => [undefined, /authorization .* of key .* was asked for and approved by one person/],
  },
  {
    what: 'a manifest is changed, and its digest with it',
    change: () => {
      const changed = copy();
      const authorization = changed[typeLine('authorization') - 1]?.authorization as {
        manifest: { name: string };
        manifestDigest: string;
      };
      authorization.manifest.name = 'another key';
      authorization.manifestDigest = sha256(canonicalJson(authorization.manifest));
      return changed;
    },
    told: () => [
      typeLine('authorization'),
      /the manifest of authorization .* is not the one that the events name/,
    ],
  },
  {
    what: 'a checkpoint is replaced by another of the same key',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 1) - 1;
      const payload = { ...payloadOf(changed[at]), at: 1 };
      const jws = await signStatement(story.context.checkpointSigner, { typ: CHECKPOINT_TYPE, payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      return changed;
    },
    told: () => [typeLine('checkpoint', 2), /checkpoint 3 does not continue the one before it/],
  },
  {
    what: 'a checkpoint is of another instance',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 2) - 1;
      const payload = { ...payloadOf(changed[at]), instanceId: 'another' };
      const jws = await signStatement(story.context.checkpointSigner, { typ: CHECKPOINT_TYPE, payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      return changed;
    },
    told: () => [typeLine('checkpoint', 2), /checkpoint 3 is of another instance/],
  },
  {
    what: 'a checkpoint is signed as something else',
    change: async () => {
      const changed = copy();
      const at = typeLine('checkpoint', 2) - 1;
      const payload = payloadOf(changed[at]);
      const jws = await signStatement(story.context.checkpointSigner, { typ: 'JWT', payload });
      changed[at] = { ...changed[at], type: 'checkpoint', jws };
      return changed;
    },
    told: () => [typeLine('checkpoint', 2), /the checkpoint is no countersign-checkpoint\+jws/],
  },
  {
    what: 'the second half is cut off',
    change: () => copy().slice(0, eventLine(keys.deleted, SET) + 1),
    told: () => [undefined, /end of the chain of key .* is cut off/],
  },
  {
    what: 'the first line is missing',
    change: () => copy().slice(1),
    told: () => [1, /not the first line/],
  },
  {
    what: 'two files are put together',
    change: () => [...copy(), ...copy()],
    told: () => [undefined, /two files were put together/],
  },
];

const payloadOf = (line: Loose | undefined): object =>
  JSON.parse(Buffer.from(String(line?.jws).split('.')[1] ?? '', 'base64url').toString());

describe('evidence as it was exported', () => {
  it('is proven, and what it does not prove is told', () => {
    const found = verified(texts, pinned);
    expect(found.problems).toEqual([]);
    const { outcome, proves, doesNotProve } = verdictOf(found);
    expect(outcome).toBe('proven');
    expect(proves.join('\n')).toMatch(/1 deletion had the authorization of two different people/);
    expect(proves.join('\n')).toMatch(/none of them was changed, left out, added or put in another order/);
    expect(doesNotProve.join('\n')).toMatch(/after the last checkpoint: 1 event of these is newer/);
    expect(doesNotProve.join('\n')).toMatch(/whoever holds the signing keys/);
    expect(doesNotProve.join('\n')).not.toMatch(/who signed/);
  });

  it('does not say who signed when the keys come with it alone', () => {
    expect(verdictOf(verified(texts)).doesNotProve[0]).toMatch(
      /who signed: the public keys come from the file itself/,
    );
  });
});

describe('evidence beside an earlier file of the same', () => {
  it('is proven when its chains have only grown', async () => {
    const { ends } = verified(texts, pinned);
    const later = await exported(story.context, await story.as('rita'));
    const found = verified(later.texts, pinned, ends);
    expect(found.problems).toEqual([]);
    expect(verdictOf(found).proves.join()).toMatch(
      /every chain goes on from where it was in the earlier file/,
    );
    expect(found.counts.uncovered).toBe(1);
  });

  it('is broken by a chain that was cut off, rebuilt or left out since, past every checkpoint and seal', async () => {
    const { ends } = verified(texts, pinned);
    const { signer } = story.context;
    const problems = async (changed: Loose[]) =>
      verified(await resealed(changed, signer), pinned, ends).problems.map(({ what }) => what);
    const at = eventLine(keys.used, SET);
    const cut = rehashed(
      without(at).filter(({ type, chain }) => type !== 'authorization' || chain !== keys.used),
      keys.used,
    );
    expect(await problems(cut)).toEqual([
      expect.stringMatching(/is cut off after event 3: the earlier file has seen event 4/),
    ]);
    const other = copy();
    eventOf(other[at - 1]).at = 1;
    expect(await problems(rehashed(other, keys.used))).toContainEqual(
      expect.stringMatching(/was rebuilt: the earlier file has seen another event 4/),
    );
  });
});

describe('evidence that was tampered with', () => {
  for (const { what, change, told } of CASES) {
    it(`is found out by the seal when ${what}`, async () => {
      const changed = await change();
      const found = problemsOf(
        changed.map((line) => JSON.stringify(line)),
        pinned,
      );
      expect(found).not.toEqual([]);
    });

    it(`is found out, and told where, when ${what} by whoever has taken over the API`, async () => {
      const found = problemsOf(await resealed(await change(), story.context.signer), pinned);
      const [line, words] = told();
      expect(
        found.filter(
          (problem) => words.test(problem) && (line === undefined || problem.startsWith(`${line}: `)),
        ),
      ).toHaveLength(1);
      expect(found.filter((problem) => /before this seal/.test(problem))).toEqual([]);
    });
  }

  it('is found out when the seal is written in another way', () => {
    const last = texts.at(-1) ?? '';
    const changed = (by: string) => texts.with(-1, last.replace(/(.)(?=","type":"seal")/, by));
    const signatureEnd = /(.)(?=","type":"seal")/.exec(last)?.[0] ?? '';
    // The last of 342 characters holds two bits: the next letter is the same signature.
    const next = String.fromCharCode(signatureEnd.charCodeAt(0) + 1);
    expect(problemsOf(changed(next), pinned)).toEqual([
      expect.stringMatching(/the seal is not what the key/),
    ]);
  });

  it('is found out when it is sealed by another key', async () => {
    const found = problemsOf(await resealed(copy(), foreign), pinned);
    expect(found).toEqual([
      expect.stringMatching(/^\d+: the seal is signed by the key .*, which is not a key for this$/),
    ]);
  });

  it('is found out when an event is changed, and no seal is made for it', () => {
    const [at] = [eventLine(keys.used, SET)];
    const changed = texts.map((text, i) => (i === at - 1 ? text.replace(/"at":\d/, '"at":9') : text));
    expect(problemsOf(changed, pinned)).toEqual([
      expect.stringMatching(new RegExp(`^${at}: event 4 of key .* was changed`)),
      expect.stringMatching(/the lines before this seal are not those that the server has sent$/),
    ]);
  });

  it('is found out when one key’s evidence has another head beside its checkpoint', async () => {
    const { texts: of } = await exported(story.context, await story.as('rita'), { key: keys.deleted });
    expect(problemsOf(of, pinned)).toEqual([]);
    const changed = looseLines(of);
    const at = changed.findIndex(({ type }) => type === 'checkpoint');
    const heads = changed[at]?.heads as { hash: string }[];
    if (heads[0]) heads[0].hash = '0'.repeat(64);
    expect(problemsOf(await resealed(changed, story.context.signer), pinned)).toContainEqual(
      expect.stringMatching(new RegExp(`^${at + 1}: checkpoint \\d+ was not signed over this head of key`)),
    );
  });

  it('is found out whichever line is changed, taken away, doubled or moved', () => {
    const at = fc.integer({ min: 0, max: texts.length - 1 });
    const mutation = fc.oneof(
      fc.record({
        kind: fc.constant('character' as const),
        at,
        where: fc.nat(),
        by: fc.integer({ min: 1, max: 90 }),
      }),
      fc.record({ kind: fc.constantFrom('drop' as const, 'double' as const, 'last' as const), at }),
    );
    fc.assert(
      fc.property(mutation, (one) => {
        const changed = mutated(one);
        fc.pre(changed.join('\n') !== texts.join('\n'));
        return problemsOf(changed, pinned).length > 0;
      }),
      { numRuns: 400 },
    );
  });
});

type Mutation =
  | { readonly kind: 'character'; readonly at: number; readonly where: number; readonly by: number }
  | { readonly kind: 'drop' | 'double' | 'last'; readonly at: number };

/** One printable character becomes another, or a line is taken away, doubled, or put at the end. */
function mutated(one: Mutation): readonly string[] {
  const text = texts[one.at] ?? '';
  switch (one.kind) {
    case 'character': {
      const where = one.where % text.length;
      const code = ((text.charCodeAt(where) - 33 + one.by) % 94) + 33;
      return texts.with(one.at, text.slice(0, where) + String.fromCharCode(code) + text.slice(where + 1));
    }
    case 'drop':
      return texts.toSpliced(one.at, 1);
    case 'double':
      return texts.toSpliced(one.at, 0, text);
    case 'last':
      return [...texts.toSpliced(one.at, 1), text];
    default:
      return one satisfies never;
  }
}
