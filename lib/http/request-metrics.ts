import type { SeenRequest } from './observe.ts';
import type { Family, Sample } from './openmetrics.ts';

/** Upper bounds in seconds: a read takes milliseconds, a deletion that is carried out up to eight seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** Anybody can send any method; each would be a series of its own. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

interface Series {
  readonly labels: { readonly method: string; readonly route: string; readonly status: string };
  readonly buckets: number[];
  count: number;
  seconds: number;
}

export interface RequestMetrics {
  readonly seen: (request: SeenRequest) => void;
  readonly family: () => Family;
}

/** How many requests each route answered, with which status, and how long they took. */
export function requestMetrics(): RequestMetrics {
  const all = new Map<string, Series>();
  return {
    seen({ method: sent, route, status, milliseconds }) {
      const method = METHODS.has(sent) ? sent : 'other';
      const name = `${method} ${status} ${route}`;
      let series = all.get(name);
      if (series === undefined) {
        const labels = { method, route, status: String(status) };
        series = { labels, buckets: BOUNDS.map(() => 0), count: 0, seconds: 0 };
        all.set(name, series);
      }
      // A clock that was set back makes no negative time.
      const seconds = Math.max(0, milliseconds) / 1000;
      const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
      if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
      series.count += 1;
      series.seconds += seconds;
    },
    family: () => ({
      name: 'countersign_http_request_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'How long requests took, by the pattern of their route; none: a page or no route.',
      samples: [...all.values()].flatMap(samplesOf),
    }),
  };
}

function samplesOf({ labels, buckets, count, seconds }: Series): readonly Sample[] {
  let below = 0;
  const bounded = BOUNDS.map((bound, i): Sample => {
    below += buckets[i] ?? 0;
    return { suffix: '_bucket', labels: { ...labels, le: boundText(bound) }, value: below };
  });
  return [
    ...bounded,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_count', labels, value: count },
    { suffix: '_sum', labels, value: seconds },
  ];
}

/** OpenMetrics has bounds as numbers with a point. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));
