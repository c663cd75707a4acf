import { afterAll, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../cli/command.ts';
import { exampleOf, isSetForDeletion } from './examples.ts';
import { type Installation, openInstallation, protectedKey } from './installation.ts';
import { goProgram, linesOf, type Program, pythonProgram } from './programs.ts';
import { ONLY_IN_GO, ONLY_IN_PYTHON, STORY, type Told } from './story.ts';

const PROGRAMS = [
  ['Go', goProgram, { ...STORY, ...ONLY_IN_GO }],
  ['Python', pythonProgram, { ...STORY, ...ONLY_IN_PYTHON }],
] as const;

// They need their languages, and their registries once: not for a plain `npm test`.
const isAsked = process.env.CLIENTS === 'all';
const NOT_ASKED: Program = { unavailable: 'only with CLIENTS=all' };

for (const [language, prepare, expected] of PROGRAMS) {
  const program = isAsked ? await prepare(temporaryFolder(afterAll)) : NOT_ASKED;
  const reason = 'unavailable' in program ? program.unavailable : undefined;
  if (isAsked && reason !== undefined) {
    process.stderr.write(`\nSKIPPED: IBM's client for ${language}: ${reason}\n\n`);
  }
  test.skipIf(reason !== undefined)(
    `IBM's client for ${language} gets what it expects, also in docs/clients.md`,
    async () => {
      if ('unavailable' in program) return;
      const installation = await openInstallation(onTestFinished);
      await protectedKey(installation, { alias: 'protected', crn: PROTECTED_CRN });
      const lines = await linesOf(program, environmentOf(installation));
      expect(Object.assign({}, ...lines.map(toldBy))).toEqual(expected);
      const { url, instanceId, apiKeys } = installation;
      const example = await program.runnable(exampleOf(language, url));
      await linesOf(example, { INSTANCE: instanceId, API_KEY: apiKeys.will });
      expect(await isSetForDeletion(installation, 'payroll')).toBe(true);
    },
  );
}

const PROTECTED_CRN = 'crn:v1:bluemix:public:cloud-object-storage:global:a/4f0d:0a6f:bucket:payroll';

const environmentOf = ({ url, instanceId, apiKeys }: Installation) => ({
  COUNTERSIGN_URL: url,
  COUNTERSIGN_INSTANCE: instanceId,
  PROTECTED_CRN,
  ...Object.fromEntries(
    Object.entries(apiKeys).map(([name, apiKey]) => [`${name.toUpperCase()}_API_KEY`, apiKey]),
  ),
});

function toldBy(line: string): Told {
  const { step, got, refused, error } = JSON.parse(line);
  return { [step]: refused ?? error ?? got ?? 'done' };
}
