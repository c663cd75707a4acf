import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type Layout,
  layoutOf,
  type PlacedState,
  type Point,
} from '../../../../lib/pages/console/graph/layout.ts';
import { machineOf } from '../../../../lib/pages/console/graph/machine.ts';
import { workflowDefinition } from '../../../../lib/workflow/definition.ts';

const OURS = workflowDefinition((task) => task);

type Definition = Parameters<typeof layoutOf>[0];

/** Any state machine that the engine would load: every transition leads to a state, and every state is led to. */
const definition: fc.Arbitrary<Definition> = fc
  .array(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 30 }),
      kind: fc.constantFrom('Task', 'Choice', 'Wait', 'Pass', 'Succeed', 'Fail'),
      to: fc.array(fc.nat(30), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 16 },
  )
  .map((drawn) => {
    const names = [...new Set(drawn.map(({ name }) => name).filter((name) => name !== '__proto__'))];
    const at = (i: number) => names[i % names.length] ?? '';
    const states = names.map((name, i): [string, { Type: string; [field: string]: unknown }] => {
      const { kind = 'Pass', to = [] } = drawn[i] ?? {};
      const follows = names[i + 1];
      // The one after it, so that every state is led to; the last one ends.
      if (follows === undefined) return [name, { Type: kind === 'Fail' ? 'Fail' : 'Succeed' }];
      const more = to.map(at);
      if (kind === 'Choice') {
        return [name, { Type: kind, Choices: more.map((Next) => ({ Next })), Default: follows }];
      }
      const type = kind === 'Succeed' || kind === 'Fail' ? 'Pass' : kind;
      return [
        name,
        { Type: type, Next: follows, Catch: type === 'Task' ? more.map((Next) => ({ Next })) : [] },
      ];
    });
    return { StartAt: at(0), States: Object.fromEntries(states) };
  });

const overlap = (a: PlacedState, b: PlacedState): boolean =>
  Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;

/** Points on the way from one to the next, as the picture curves it: upright at both ends. */
function between(a: Point, b: Point): readonly Point[] {
  const ease = (t: number) => 3 * t * t - 2 * t ** 3;
  const bend = (t: number) => 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t ** 3;
  return Array.from({ length: 9 }, (_, i) => (i + 1) / 10).map((t) => ({
    x: a.x + (b.x - a.x) * ease(t),
    y: a.y + (b.y - a.y) * bend(t),
  }));
}

const inside = ({ x, y }: Point, box: PlacedState): boolean =>
  Math.abs(x - box.x) < box.width / 2 - 0.01 && Math.abs(y - box.y) < box.height / 2 - 0.01;

/** What a drawing must not have. */
function faultsOf(drawn: Definition, layout: Layout): readonly string[] {
  const { states, transitions, width, height } = layout;
  const wanted = machineOf(drawn);
  return [
    ...wanted.states
      .filter(({ name }) => !states.some((box) => box.name === name))
      .map(({ name }) => `${name} is missing`),
    ...wanted.transitions
      .filter(
        ({ from, to }) =>
          !transitions.some((line) => line.from === from && line.to === to && line.points.length > 1),
      )
      .map(({ from, to }) => `${from} > ${to} is missing`),
    ...states.flatMap((a, i) =>
      states
        .slice(i + 1)
        .filter((b) => overlap(a, b))
        .map((b) => `${a.name} lies on ${b.name}`),
    ),
    ...states
      .filter(
        (box) =>
          box.x < box.width / 2 ||
          box.x + box.width / 2 > width ||
          box.y < box.height / 2 ||
          box.y + box.height / 2 > height,
      )
      .map(({ name }) => `${name} is outside`),
    ...transitions.flatMap(({ from, to, points }) =>
      states
        .filter((box) =>
          points.some(
            (point, i) => i > 0 && between(points[i - 1] ?? point, point).some((one) => inside(one, box)),
          ),
        )
        .map(({ name }) => `${from} > ${to} crosses ${name}`),
    ),
  ];
}

it('any state machine is drawn whole: no box on another, every transition there, and none through a box', () => {
  fc.assert(
    fc.property(definition, (drawn) => {
      expect(faultsOf(drawn, layoutOf(drawn))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

it('the workflow is drawn whole, and fits on a phone', () => {
  const layout = layoutOf(OURS);
  expect(faultsOf(OURS, layout)).toEqual([]);
  // Ten per cent smaller at most, of letters of 12 pixels.
  expect(layout.width).toBeLessThanOrEqual(400);
});

it('a state machine is drawn the same each time', () => {
  fc.assert(
    fc.property(definition, (drawn) => {
      expect(layoutOf(structuredClone(drawn))).toEqual(layoutOf(drawn));
    }),
    { numRuns: 50 },
  );
});

it('what leads on stands above, but for the lines of loops', () => {
  const { states, transitions } = layoutOf(OURS);
  const y = (name: string) => states.find((box) => box.name === name)?.y ?? 0;
  const upwards = transitions
    .filter(({ from, to }) => y(from) >= y(to))
    .map(({ from, to }) => `${from} > ${to}`);
  expect(upwards).toEqual(['SettleWindow > Route', 'SettleReauthorization > Route', 'DeleteKey > Route']);
});
