import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');

/** The first piece of code under this heading of docs/clients.md, for a server at this URL. */
export function exampleOf(heading: string, url: string): string {
  const [, section = ''] = PAGE.split(`\n## ${heading}\n`);
  const [, code] = /^```\w+\n(.*?)^```$/ms.exec(section) ?? [];
  if (code === undefined) throw new Error(`docs/clients.md has no example for ${heading}`);
  return code.replaceAll('http://127.0.0.1:8080', url);
}

/** What the examples leave behind. */
export async function isSetForDeletion({ url, instanceId, apiKeys }: Installation, alias: string) {
  const headers = { authorization: `Bearer ${apiKeys.rita}`, 'bluemix-instance': instanceId };
  const answer = await fetch(`${url}/api/v2/keys/${alias}/metadata`, { headers });
  return JSON.parse(await answer.text()).resources[0].dualAuthDelete.keySetForDeletion;
}
