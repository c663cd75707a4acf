import type { StateMachineDefinition } from '../../../workflow/definition.ts';
import { layered, type Slot } from './layers.ts';
import { type Machine, machineOf, type Via } from './machine.ts';
import { stateWords } from './state-words.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A state's box: its middle, and how large it is. In units of the drawing, which are pixels where it fits. */
export interface PlacedState extends Point {
  readonly name: string;
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

export interface PlacedTransition {
  readonly from: string;
  readonly to: string;
  readonly via: readonly Via[];
  /** From the edge of one box to that of the other, through the gaps between boxes. */
  readonly points: readonly Point[];
}

/** A drawing of a state machine from top to bottom. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly startAt: string;
  readonly states: readonly PlacedState[];
  readonly transitions: readonly PlacedTransition[];
}

/** Of the widest letters that are common in names, at the size of the style sheet. */
const LETTER = 7.1;
const LEAST_WIDTH = 72;
const BOX_HEIGHT = 34;
const GAP = 40;
const BETWEEN = 9;
const LANE = 4;
const MARGIN = 6;
/** Beside a box that leads to itself. */
const LOOP = 18;

/**
 * Where each state of a definition stands and how each transition runs. No place is given by hand: the layers follow
 * from what leads to what. The same definition gives the same drawing.
 */
export function layoutOf(definition: Pick<StateMachineDefinition, 'StartAt' | 'States'>): Layout {
  const machine = machineOf(definition);
  const { layers, upwards } = layered(machine);
  const widthOf = widths(machine);
  const rows = layers.map((layer) =>
    layer.reduce((sum, slot) => sum + widthOf(slot), BETWEEN * (layer.length - 1)),
  );
  const width = Math.max(0, ...rows) + 2 * MARGIN;
  const places = layers.map((layer, row) => placed(layer, (width - (rows[row] ?? 0)) / 2, widthOf));
  const height = layers.length * (BOX_HEIGHT + GAP) - GAP + 2 * MARGIN;
  const middle = (layer: number): number => MARGIN + layer * (BOX_HEIGHT + GAP) + BOX_HEIGHT / 2;
  const states = layers.flatMap((layer, row) =>
    layer.flatMap(({ state: name }, i) => {
      const type = machine.states.find((state) => state.name === name)?.type;
      if (name === undefined || type === undefined) return [];
      const box = { width: boxWidth(name), height: BOX_HEIGHT };
      return [{ name, type, ...box, x: places[row]?.[i] ?? 0, y: middle(row) }];
    }),
  );
  const stops = (line: number): readonly Point[] =>
    layers.flatMap((layer, row) => {
      const at = layer.findIndex((slot) => slot.line === line);
      // A lane runs straight through its layer, beside the boxes.
      const x = places[row]?.[at] ?? 0;
      return at < 0
        ? []
        : [
            { x, y: middle(row) - BOX_HEIGHT / 2 },
            { x, y: middle(row) + BOX_HEIGHT / 2 },
          ];
    });
  const byName = new Map(states.map((state) => [state.name, state]));
  const transitions = machine.transitions.flatMap((transition, line) => {
    const from = byName.get(transition.from);
    const to = byName.get(transition.to);
    if (from === undefined || to === undefined) return [];
    return [
      { ...transition, points: pointsOf(machine, { from, to, line, up: upwards.has(line) }, stops(line)) },
    ];
  });
  return { width, height, startAt: machine.startAt, states, transitions };
}

const boxWidth = (name: string): number =>
  Math.max(LEAST_WIDTH, Math.ceil(stateWords(name).length * LETTER) + 14);

const widths =
  ({ transitions }: Machine) =>
  ({ state }: Slot): number => {
    if (state === undefined) return LANE;
    const loops = transitions.some(({ from, to }) => from === state && to === state);
    return boxWidth(state) + (loops ? 2 * LOOP : 0);
  };

/** The middle of each slot. */
function placed(layer: readonly Slot[], left: number, widthOf: (slot: Slot) => number): readonly number[] {
  let x = left;
  return layer.map((slot) => {
    const middle = x + widthOf(slot) / 2;
    x += widthOf(slot) + BETWEEN;
    return middle;
  });
}

interface Ends {
  readonly from: PlacedState;
  readonly to: PlacedState;
  readonly line: number;
  readonly up: boolean;
}

function pointsOf(machine: Machine, { from, to, line, up }: Ends, stops: readonly Point[]): readonly Point[] {
  const half = BOX_HEIGHT / 2;
  if (from.name === to.name) {
    const x = from.x + from.width / 2;
    return [
      { x, y: from.y - half / 2 },
      { x: x + LOOP, y: from.y - half / 2 },
      { x: x + LOOP, y: from.y + half / 2 },
      { x, y: from.y + half / 2 },
    ];
  }
  const [upper, lower] = up ? [to, from] : [from, to];
  const way = [
    { x: upper.x + shift(machine, upper, line), y: upper.y + half },
    ...stops,
    { x: lower.x + shift(machine, lower, line), y: lower.y - half },
  ];
  return up ? way.toReversed() : way;
}

/** Lines meet a box beside each other, so that one can be told from the next. */
function shift({ transitions }: Machine, box: PlacedState, line: number): number {
  const ends = transitions.flatMap(({ from, to }, i) => (from === box.name || to === box.name ? [i] : []));
  const at = ends.indexOf(line);
  return ((at + 1) / (ends.length + 1) - 0.5) * (box.width - 16);
}
