import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULT_POINTS, type FaultPoint } from '../../../lib/engine/faults.ts';
import { bundledChild, campaign, type Outcome } from './campaign.ts';
import { anyTime } from './lives.ts';

const HELP = `Usage: npm run soak -- [options]

Kills the engine under load with SIGKILL, at every fault point and at random, and checks after each kill that nothing
which was acknowledged is lost, nothing is decided twice, histories are well-formed and timers are kept.

Options:
  --minutes N    how long (default 10); a campaign that has begun is finished
  --campaigns N  how many campaigns in place of a time
  --seed N       the first campaign's; each next one's is one more (default: at random)
  --folder PATH  where the databases are made (default: ${tmpdir()})
  -h, --help     show this`;

const AT_RANDOM = 25;

interface Soak {
  readonly seed: number;
  readonly folder: string;
  readonly goesOn: (campaigns: number) => boolean;
}

/** @returns whether everything held. */
async function soak({ seed, folder, goesOn }: Soak): Promise<boolean> {
  const place = mkdtempSync(join(folder, 'countersign-soak-'));
  const program = bundledChild(place);
  const hits = new Map<FaultPoint, number>();
  const sum = { kills: 0, executions: 0 };
  const began = Date.now();
  for (let count = 0; goesOn(count); count += 1) {
    const data = mkdtempSync(join(place, `${seed + count}-`));
    const outcome = await campaign(data, program, anyTime(seed + count, AT_RANDOM));
    for (const [point, times] of outcome.hits) hits.set(point, (hits.get(point) ?? 0) + times);
    sum.kills += outcome.kills;
    sum.executions += outcome.executions;
    const seconds = Math.round((Date.now() - began) / 1_000);
    console.log(
      `${seconds} s: campaign ${count + 1} (seed ${seed + count}): ${outcome.kills} kills, ` +
        `${outcome.executions} executions; in all ${sum.kills} and ${sum.executions}, ` +
        `${hits.size} of ${FAULT_POINTS.length} points`,
    );
    if (outcome.problems.length > 0) {
      reportFailure(outcome, data, seed + count);
      return false;
    }
    rmSync(data, { recursive: true });
  }
  rmSync(place, { recursive: true });
  const never = FAULT_POINTS.filter((point) => !hits.has(point));
  if (never.length > 0) console.log(`never come to: ${never.join('; ')}`);
  console.log(`everything held: ${sum.kills} kills, ${sum.executions} executions, 0 failures`);
  return true;
}

function reportFailure({ problems }: Outcome, data: string, seed: number): void {
  for (const problem of problems) console.error(problem);
  console.error(`${problems.length} failures. The database and what the world did are in ${data}`);
  console.error(`Again: npm run soak -- --campaigns 1 --seed ${seed}`);
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    campaigns: { type: 'string' },
    seed: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  const until = Date.now() + Number(values.minutes) * 60_000;
  const most = values.campaigns === undefined ? undefined : Number(values.campaigns);
  const held = await soak({
    seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
    folder: values.folder,
    goesOn: (campaigns) => (most === undefined ? Date.now() < until : campaigns < most),
  });
  process.exitCode = held ? 0 : 1;
}
