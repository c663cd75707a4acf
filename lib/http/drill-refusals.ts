import type { RefusalCode } from '../domain/refusal.ts';
import { conflict, type Problem } from './problem-shape.ts';

/** What a drill is refused for. */
export const DRILL_REFUSALS = {
  'drill-not-found': { status: 404, code: 'DRILL_NOT_FOUND_ERR', message: 'There is no such drill' },
  'drill-under-way': conflict(
    'DRILL_UNDER_WAY_ERR',
    'A drill is under way. It ends when everybody has confirmed, or when its time is over',
  ),
  'drill-ended': conflict('DRILL_ENDED_ERR', 'The drill has ended'),
  'drill-not-asked': conflict(
    'DRILL_NOT_ASKED_ERR',
    'You were no Manager when the drill began, so that it does not ask you',
  ),
} as const satisfies { readonly [code in RefusalCode]?: Problem };
