import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row, Rows } from './rows.ts';
import { benchStore } from './store.ts';

/** Each measures one thing in under a minute. Ratios to a floor of the same run outlive the machine; figures do not. */
const BENCHES: Readonly<Record<string, () => Promise<Rows>>> = {
  store: benchStore,
};

const RESULTS = join(import.meta.dirname, 'results.json');

const HELP = `Usage: npm run bench -- [names]

Measures what it is told to (everything, unless told), prints a table and saves it in bench/results.json.

Names: ${Object.keys(BENCHES).join(', ')}

Options:
  -h, --help  show this`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) throw new Error(`there is no bench named ${unknown.join(', ')}\n\n${HELP}`);

  const results: Record<string, Rows> = {};
  for (const name of names) {
    const rows = (await BENCHES[name]?.()) ?? [];
    results[name] = rows;
    console.log(`\n${name}`);
    console.table(rows.map(toLine));
  }
  const machine = { node: process.version, processors: cpus().map(({ model }) => model) };
  writeFileSync(
    RESULTS,
    `${JSON.stringify({ at: new Date().toISOString(), machine, results }, undefined, 2)}\n`,
  );
  console.log(`\nsaved in ${RESULTS}`);
}

const toLine = ({ measured, value, unit, floor }: Row) => ({
  measured,
  value: rounded(value),
  unit,
  floor: floor === undefined ? '' : rounded(floor),
  'of the floor': floor === undefined ? '' : (value / floor).toFixed(2),
});

const rounded = (value: number): number => Number(value.toPrecision(3));

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
