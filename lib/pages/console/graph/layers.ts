import type { Machine, Transition } from './machine.ts';

/** So many states side by side at most: two fit on a phone. */
const MOST_ABREAST = 2;

/** A state, or the place at which a longer line passes a layer. */
export interface Slot {
  readonly state?: string;
  /** Of a line: which transition's. */
  readonly line?: number;
}

export interface Layered {
  /** From the top; each from left to right. */
  readonly layers: readonly (readonly Slot[])[];
  /** Which transitions lead upwards, by their positions. */
  readonly upwards: ReadonlySet<number>;
}

/**
 * The states in layers, each below those that lead to it, but for the lines of loops, which lead upwards; and every
 * line that is longer than from one layer to the next with a slot in each layer that it passes (K. Sugiyama et al.,
 * "Methods for Visual Understanding of Hierarchical System Structures", 1981). The same for the same machine.
 */
export function layered(machine: Machine): Layered {
  const { transitions } = machine;
  const upwards = loops(machine);
  const down = transitions.map(({ from, to }, i) => (upwards.has(i) ? { from: to, to: from } : { from, to }));
  const layerOf = assign(machine, down);
  const layers = Array.from({ length: Math.max(0, ...layerOf.values()) + 1 }, (): Slot[] => []);
  for (const { name } of machine.states) layers[layerOf.get(name) ?? 0]?.push({ state: name });
  down.forEach(({ from, to }, line) => {
    const [first, last] = [layerOf.get(from) ?? 0, layerOf.get(to) ?? 0];
    for (let layer = first + 1; layer < last; layer += 1) layers[layer]?.push({ line });
  });
  return { layers: ordered(layers, down), upwards };
}

/** Transitions that lead back to a state on the way to where they come from, found from the start on. */
function loops({ startAt, states, transitions }: Machine): ReadonlySet<number> {
  const upwards = new Set<number>();
  const done = new Set<string>();
  const onTheWay = new Set<string>();
  const visit = (name: string): void => {
    onTheWay.add(name);
    transitions.forEach(({ from, to }, i) => {
      if (from !== name || to === name) return;
      if (onTheWay.has(to)) upwards.add(i);
      else if (!done.has(to)) visit(to);
    });
    onTheWay.delete(name);
    done.add(name);
  };
  for (const name of [startAt, ...states.map((state) => state.name)]) if (!done.has(name)) visit(name);
  return upwards;
}

type Line = Pick<Transition, 'from' | 'to'>;

/** Each state as high as those before it and the width allow; where several could be next, by the definition's order. */
function assign({ states }: Machine, down: readonly Line[]): ReadonlyMap<string, number> {
  const layerOf = new Map<string, number>();
  const abreast: number[] = [];
  const before = (name: string) => down.filter(({ from, to }) => to === name && from !== name);
  for (let left = states.map(({ name }) => name); left.length > 0; ) {
    const ready = left.filter((name) => before(name).every(({ from }) => layerOf.has(from)));
    const lowest = (name: string) =>
      Math.max(0, ...before(name).map(({ from }) => (layerOf.get(from) ?? 0) + 1));
    // Without one the states left would lead to each other in a circle, which `loops` has opened.
    const next = ready.reduce((best, name) => (lowest(name) < lowest(best) ? name : best));
    let layer = lowest(next);
    while ((abreast[layer] ?? 0) >= MOST_ABREAST) layer += 1;
    layerOf.set(next, layer);
    abreast[layer] = (abreast[layer] ?? 0) + 1;
    left = left.filter((name) => name !== next);
  }
  return layerOf;
}

const SWEEPS = 12;

/** Each layer sorted by where its neighbours stand, downwards and upwards in turn: fewer lines cross. */
function ordered(layers: readonly (readonly Slot[])[], down: readonly Line[]): readonly (readonly Slot[])[] {
  const sorted = layers.map((layer) => [...layer]);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const downwards = sweep % 2 === 0;
    for (let step = 1; step < sorted.length; step += 1) {
      const here = downwards ? step : sorted.length - 1 - step;
      const beside = sorted[downwards ? here - 1 : here + 1] ?? [];
      const layer = sorted[here] ?? [];
      const centre = new Map(layer.map((slot, i) => [slot, barycentre(slot, beside, down) ?? i]));
      sorted[here] = layer.toSorted((a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0));
    }
  }
  return sorted;
}

/** The mean place of what a slot is joined with in the layer beside it. */
function barycentre(slot: Slot, beside: readonly Slot[], down: readonly Line[]): number | undefined {
  const places = beside.flatMap((other, place) => (areJoined(slot, other, down) ? [place] : []));
  return places.length === 0 ? undefined : places.reduce((sum, place) => sum + place, 0) / places.length;
}

const areJoined = (a: Slot, b: Slot, down: readonly Line[]): boolean =>
  down.some((line, i) => isOn(a, line, i) && isOn(b, line, i));

const isOn = (slot: Slot, { from, to }: Line, i: number): boolean =>
  slot.line === i || slot.state === from || slot.state === to;
