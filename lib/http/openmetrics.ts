export interface Sample {
  /** What the family's name is followed by: `_bucket`, `_count`, `_sum`. */
  readonly suffix?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly value: number;
}

/** A family of metrics (OpenMetrics 1.0.0, "Metric Families"); one without samples is left out. */
export interface Family {
  /** Ends in its unit, where it has one. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly unit?: 'seconds' | 'bytes';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The families in OpenMetrics' text format, version 1.0.0. */
export const openMetrics = (families: readonly Family[]): string =>
  `${families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join('')}# EOF\n`;

function familyText({ name, type, unit, help, samples }: Family): string {
  const lines = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ suffix = SUFFIX[type], labels = {}, value }) => {
      return `${name}${suffix}${labelsText(labels)} ${numberText(value)}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** What the sample of a counter and of an info is called, beside its family. */
const SUFFIX = { counter: '_total', gauge: '', histogram: '', info: '_info' } as const;

function labelsText(labels: NonNullable<Sample['labels']>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const numberText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : `${value < 0 ? '-' : '+'}Inf`;
};
