import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/command.ts';
import { exampleOf, isSetForDeletion } from '../examples.ts';
import { keys } from './bodies.ts';
import type { Session } from './session.ts';

const MODULES = join(import.meta.dirname, '../../../node_modules');
const CLIENT = '@ibm-cloud/ibm-key-protect/ibm-key-protect-api/v2.js';

/** What docs/clients.md says. */
export function describeExample({ installation, will, here }: Session): void {
  const { url, instanceId, apiKeys } = installation;

  describe('a program of its own', () => {
    test('is the example of docs/clients.md', async () => {
      const body = keys({ name: 'Payroll', extractable: false, aliases: ['example'] });
      await will.createKey({ ...here, body });
      const example = exampleOf('Node.js', url).replace("'payroll'", "'example'");
      await outputOf(example, { INSTANCE: instanceId, API_KEY: apiKeys.will });
      expect(await isSetForDeletion(installation, 'example')).toBe(true);
    });

    test('can be told everything by its environment', async () => {
      const program = `import KeyProtectV2 from '${CLIENT}';
        const { status } = await KeyProtectV2.newInstance({}).getKeys({ bluemixInstance: process.env.INSTANCE });
        console.log(status);`;
      const told = {
        INSTANCE: instanceId,
        IBM_KEY_PROTECT_API_URL: url,
        IBM_KEY_PROTECT_API_AUTH_URL: url,
        IBM_KEY_PROTECT_API_AUTH_TYPE: 'iam',
        IBM_KEY_PROTECT_API_APIKEY: apiKeys.will,
      };
      expect(await outputOf(program, told)).toBe('200\n');
    });
  });
}

/** Runs a module in a folder of its own, with this project's packages. */
async function outputOf(program: string, told: { readonly [name: string]: string }): Promise<string> {
  const folder = temporaryFolder();
  symlinkSync(MODULES, join(folder, 'node_modules'), 'junction');
  const file = join(folder, 'program.mjs');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, ...told },
  });
  return stdout;
}
