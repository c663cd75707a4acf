import { html } from 'hono/html';
import type { Html } from '../../layout.ts';
import type { Layout, PlacedState, PlacedTransition, Point } from './layout.ts';
import { stateWords } from './state-words.ts';
import { transitionName, type Way } from './way.ts';

/**
 * The state machine with the way that was taken, as a picture in the page itself. What was not entered is dashed, what
 * was is drawn strongly, so that nobody needs the colours. The list beside it says the same in words.
 */
export const graphSvg = ({ layout, way }: { readonly layout: Layout; readonly way: Way }): Html => {
  const { width, height } = layout;
  return html`<svg class="graph" role="img" aria-labelledby="graph-title graph-desc" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}">
<title id="graph-title">The way through the workflow</title>
<desc id="graph-desc">${describe(layout, way)}</desc>
${layout.transitions.map((transition) => transitionShape(transition, way))}
${layout.states.map((state) => stateShape(state, layout, way))}
</svg>`;
};

function describe({ states }: Layout, way: Way): string {
  const entered = states.filter(({ name }) => way.entered.has(name)).length;
  const where =
    way.current === undefined
      ? way.ended?.state === undefined
        ? 'Nothing is known of it.'
        : `It ended in ${stateWords(way.ended.state)}.`
      : `It is now in ${stateWords(way.current)}.`;
  return `${entered} of ${states.length} states were entered. ${where} The list of the way taken says the same in words.`;
}

const SLANT = 10;

function stateShape(state: PlacedState, { startAt }: Layout, way: Way): Html {
  const { name, type, x, y, width, height } = state;
  const times = way.entered.get(name) ?? 0;
  const kind = ['state', type.toLowerCase().replaceAll(/\W/g, ''), ...standing(name, times, way)].join(' ');
  const [left, top] = [round(x - width / 2), round(y - height / 2)];
  const outline =
    type === 'Choice'
      ? html`<polygon points="${hexagon(state)}"/>`
      : html`<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${roundness(type, name === startAt, height)}"/>`;
  return html`<g class="${kind}">${outline}<text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle">${stateWords(name)}</text>${times > 1 && html`<text class="times" x="${round(x + width / 2 - 4)}" y="${round(y - height / 2 - 3)}" text-anchor="end">${times}×</text>`}</g>
`;
}

const standing = (name: string, times: number, way: Way): readonly string[] => [
  ...(times > 0 ? ['entered'] : []),
  ...(way.current === name ? ['here'] : []),
  ...(way.ended?.state === name ? [way.ended.status === 'SUCCEEDED' ? 'end' : 'failed'] : []),
];

/** Where it begins and where it ends is round. */
const roundness = (type: string, starts: boolean, height: number): number =>
  starts || type === 'Succeed' || type === 'Fail' ? height / 2 : 4;

const hexagon = ({ x, y, width, height }: PlacedState): string => {
  const [w, h] = [width / 2, height / 2];
  const corners: readonly (readonly [number, number])[] = [
    [x - w, y],
    [x - w + SLANT, y - h],
    [x + w - SLANT, y - h],
    [x + w, y],
    [x + w - SLANT, y + h],
    [x - w + SLANT, y + h],
  ];
  return corners.map(([left, top]) => `${round(left)},${round(top)}`).join(' ');
};

function transitionShape({ from, to, via, points }: PlacedTransition, way: Way): Html {
  const taken = way.taken.has(transitionName(from, to));
  const kind = `way${taken ? ' taken' : ''}${via.every((one) => one === 'catch') ? ' catch' : ''}`;
  return html`<g class="${kind}"><path d="${pathOf(points)}"/><polygon points="${arrow(points)}"/></g>
`;
}

/** Curves that leave and arrive upright. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let before = first;
  const parts = rest.map((point) => {
    const middle = round((before.y + point.y) / 2);
    const straight = before.x === point.x || before.y === point.y;
    const part = straight
      ? `L${round(point.x)} ${round(point.y)}`
      : `C${round(before.x)} ${middle} ${round(point.x)} ${middle} ${round(point.x)} ${round(point.y)}`;
    before = point;
    return part;
  });
  return `M${round(first.x)} ${round(first.y)}${parts.join('')}`;
}

const ARROW = 4;

function arrow(points: readonly Point[]): string {
  const [before, end] = points.slice(-2);
  if (before === undefined || end === undefined) return '';
  const [x, y] = [round(end.x), round(end.y)];
  // A loop comes in from the side.
  if (before.y === end.y) return `${x},${y} ${x + 2 * ARROW},${y - ARROW} ${x + 2 * ARROW},${y + ARROW}`;
  const back = end.y > before.y ? -2 * ARROW : 2 * ARROW;
  return `${x},${y} ${x - ARROW},${y + back} ${x + ARROW},${y + back}`;
}

const round = (number: number): number => Math.round(number * 10) / 10;
