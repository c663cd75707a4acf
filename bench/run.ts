import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBundles } from './bundles.ts';
import { benchEngine } from './engine.ts';
import { benchPeers } from './peers.ts';
import { benchProduct } from './product.ts';
import type { Row, Rows } from './rows.ts';
import { benchStore } from './store.ts';

interface Options {
  /** Also what takes minutes. */
  readonly long: boolean;
}

/** Each measures one thing. Ratios to a floor of the same run outlive the machine; figures do not. */
const BENCHES: Readonly<Record<string, (options: Options) => Promise<Rows>>> = {
  store: benchStore,
  engine: benchEngine,
  product: benchProduct,
  bundles: benchBundles,
};

const RESULTS = join(import.meta.dirname, 'results.json');

const HELP = `Usage: npm run bench -- [options] [names]

Measures what it is told to (everything, unless told), prints a table and saves it in bench/results.json.

Names: ${Object.keys(BENCHES).join(', ')}

Options:
  --peers     the engine beside Restate and DBOS, which are installed for it into a temporary folder
  --long      the engine also with a million executions that wait
  -h, --help  show this`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      peers: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  const names = positionals.length > 0 || values.peers ? positionals : Object.keys(BENCHES);
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) throw new Error(`there is no bench named ${unknown.join(', ')}\n\n${HELP}`);

  const results: Record<string, Rows> = {};
  const keep = (name: string, rows: Rows) => {
    results[name] = rows;
    console.log(`\n${name}`);
    console.table(rows.map(toLine));
  };
  for (const name of names) keep(name, (await BENCHES[name]?.(values)) ?? []);
  if (values.peers) keep('peers', await benchPeers());
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
