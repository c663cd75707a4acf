/** A sample as it was parsed. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: { readonly [name: string]: string };
  readonly value: number;
}

export interface ParsedFamily {
  readonly type: string;
  readonly unit: string | undefined;
  readonly samples: readonly ParsedSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/;

/** Which names the samples of a family have (OpenMetrics 1.0.0, "Suffixes"). */
const SUFFIXES: { readonly [type: string]: readonly string[] } = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
};

/** Parses OpenMetrics text as strictly as its specification allows. @throws Error with the line that is wrong. */
export function parseOpenMetrics(text: string): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith('# EOF\n')) throw new Error('it does not end with # EOF');
  const families = new Map<string, { type: string; unit: string | undefined; samples: ParsedSample[] }>();
  const series = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, kind, name = '', rest = ''] = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'TYPE') {
      if (!NAME.test(name) || families.has(name)) throw new Error(`no name of a new family: ${line}`);
      if (SUFFIXES[rest] === undefined) throw new Error(`no type: ${line}`);
      families.set(name, { type: rest, unit: undefined, samples: [] });
      current = name;
      continue;
    }
    const family = families.get(current);
    if (family === undefined) throw new Error(`before any family: ${line}`);
    if (kind !== undefined) {
      if (name !== current || family.samples.length > 0) throw new Error(`of another family: ${line}`);
      if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`not in its unit: ${line}`);
      if (kind === 'UNIT') family.unit = rest;
      continue;
    }
    const sample = parseSample(line);
    if (!(SUFFIXES[family.type] ?? []).some((suffix) => sample.name === current + suffix)) {
      throw new Error(`no sample of ${current}: ${line}`);
    }
    const key = `${sample.name}${JSON.stringify(sample.labels)}`;
    if (series.has(key)) throw new Error(`twice: ${line}`);
    series.add(key);
    family.samples.push(sample);
  }
  return families;
}

function parseSample(line: string): ParsedSample {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`no sample: ${line}`);
  const found: Record<string, string> = {};
  for (let left = labels; left !== ''; ) {
    const [whole = '', label = '', text = ''] = LABEL.exec(left) ?? [];
    if (whole === '' || label in found) throw new Error(`no labels: ${line}`);
    found[label] = text.replace(/\\([\\n"])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
    left = left.slice(whole.length);
  }
  return { name, labels: found, value: Number(value.replace('Inf', 'Infinity')) };
}
