import { run } from '../lib/cli/main.ts';

process.exitCode = await run(process.argv);
