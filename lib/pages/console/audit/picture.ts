import { html } from 'hono/html';
import type { ExecutionHistory } from '../../../operations/history.ts';
import { workflowDefinition } from '../../../workflow/definition.ts';
import type { Html } from '../../layout.ts';
import { typed } from '../../parts.ts';
import { exactTime } from '../exact-time.ts';
import { layoutOf } from '../graph/layout.ts';
import { stateWords } from '../graph/state-words.ts';
import { graphSvg } from '../graph/svg.ts';
import { type Way, type WayStep, wayTaken } from '../graph/way.ts';

/** The same for every execution: it is drawn once. */
const LAYOUT = layoutOf(workflowDefinition((task) => task));

/** The workflow with the way that was taken, and the same in words. */
export function pictureSection(executions: readonly ExecutionHistory[]): Html {
  if (executions.length === 0) {
    return html`<p>The workflow service does not keep the history of its execution any more, or the deletion needed none. What people did stands below for good.</p>`;
  }
  const way = wayTaken(executions);
  return html`${graphSvg({ layout: LAYOUT, way })}
<details><summary>The way in words</summary>
<ol>${way.steps.map(
    (step) => html`<li>${stepWords(step)}</li>
`,
  )}</ol>
<p>${endWords(way)}</p>
</details>`;
}

const stepWords = ({ state, enteredAt, leftAt, caught, retries }: WayStep): Html =>
  html`<strong>${stateWords(state)}</strong>, from ${exactTime(Date.parse(enteredAt))}${leftAt !== undefined && html` to ${exactTime(Date.parse(leftAt))}`}${retries > 0 && `, tried ${retries + 1} times`}${caught !== undefined && html`; left because of ${typed(caught)}`}`;

const ENDED = {
  SUCCEEDED: 'It went to its end.',
  FAILED: 'It failed',
  TIMED_OUT: 'It took too long and was ended.',
  ABORTED: 'It was stopped.',
} as const;

function endWords({ current, ended }: Way): Html | string {
  if (current !== undefined) return `It is now in ${stateWords(current)}.`;
  if (ended === undefined) return 'It has not begun.';
  return ended.status === 'FAILED'
    ? html`${ENDED.FAILED}${ended.error !== undefined && html`: ${typed(ended.error)}`}.`
    : ENDED[ended.status];
}
