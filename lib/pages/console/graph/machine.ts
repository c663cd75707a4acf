import type { StateMachineDefinition } from '../../../workflow/definition.ts';

/** How an execution can go from one state to another. */
export type Via = 'next' | 'choice' | 'default' | 'catch';

export interface Transition {
  readonly from: string;
  readonly to: string;
  /** Every way in which it goes there, once each. */
  readonly via: readonly Via[];
}

/** A state machine as a drawing needs it. */
export interface Machine {
  readonly startAt: string;
  /** In the order of the definition. */
  readonly states: readonly { readonly name: string; readonly type: string }[];
  readonly transitions: readonly Transition[];
}

/** What leads where in a definition in Amazon States Language; one transition for each pair of states. */
export function machineOf(definition: Pick<StateMachineDefinition, 'StartAt' | 'States'>): Machine {
  const states = Object.entries(definition.States).map(([name, { Type }]) => ({ name, type: Type }));
  const found = new Map<string, Transition>();
  for (const [from, state] of Object.entries(definition.States)) {
    for (const [via, to] of leaving(state)) {
      const pair = JSON.stringify([from, to]);
      const before = found.get(pair)?.via ?? [];
      found.set(pair, { from, to, via: before.includes(via) ? before : [...before, via] });
    }
  }
  return { startAt: definition.StartAt, states, transitions: [...found.values()] };
}

type Ways = readonly (readonly [via: Via, to: string])[];

const leaving = (state: { readonly [field: string]: unknown }): Ways => [
  ...named(state, 'Next', 'next'),
  ...listed(state.Choices).flatMap((choice) => named(choice, 'Next', 'choice')),
  ...named(state, 'Default', 'default'),
  ...listed(state.Catch).flatMap((catcher) => named(catcher, 'Next', 'catch')),
];

const named = (fields: { readonly [field: string]: unknown }, field: string, via: Via): Ways => {
  const to = fields[field];
  return typeof to === 'string' ? [[via, to]] : [];
};

const listed = (value: unknown): readonly { readonly [field: string]: unknown }[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
