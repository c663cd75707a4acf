import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { countersign, startServer } from './demo/commands.ts';
import { filledForm, headingOf, type Reply, reasonOf, tell } from './demo/http.ts';
import { type Mailbox, openMailbox } from './demo/mailbox.ts';
import { CliError } from './problem.ts';
import { print, spelled } from './terminal.ts';

/** Will is Writer and Manager, so that only being the same person keeps him from approving. */
const PEOPLE = [
  '--writer',
  'will@example.com',
  '--manager',
  'will@example.com',
  '--manager',
  'mia@example.com',
];
const [WILL, MIA] = ['will@example.com', 'mia@example.com'];
const ALIAS = 'payroll';
const SECRET = 'the payroll of May';

/** `countersign demo`: the whole story with the real command, server, mail and page; everything goes at its end. */
export async function demo(): Promise<void> {
  const begun = performance.now();
  const mailbox = await openMailbox();
  const folder = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
  // At the process's end, whatever ends it: an interrupted demonstration leaves nothing behind either.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(1));
  try {
    const dataDir = join(folder, 'data');
    const installed = await install(dataDir);
    const server = await startServer(['--data-dir', dataDir, '--port', '0', '--smtp', mailbox.url]);
    await story({ ...installed, url: server.url, mailbox }).finally(() => server.stop());
  } finally {
    mailbox.close();
  }
  await print(`\nTold in ${spelled(Math.ceil((performance.now() - begun) / 1_000))}.`);
}

interface Installed {
  readonly instanceId: string;
  readonly apiKeys: ReadonlyMap<string, string>;
}

async function install(dataDir: string): Promise<Installed> {
  const printed = await countersign(['init', '--data-dir', dataDir, ...PEOPLE, '--json']);
  const made: { instanceId: string; people: { email: string; apiKey: string }[] } = JSON.parse(printed);
  return {
    instanceId: made.instanceId,
    apiKeys: new Map(made.people.map(({ email, apiKey }) => [email, apiKey])),
  };
}

type Stage = Installed & { readonly url: string; readonly mailbox: Mailbox };

async function story(stage: Stage): Promise<void> {
  await print(`Countersign at ${stage.url}: deleting a key needs two people.`);
  const keyId = await createKey(stage);
  const ciphertext = await wrapData(stage);
  await authorize(stage, ciphertext);
  const link = await readMail(stage);
  await approveByLink(link, keyId);
  await tryToUnwrap(stage, ciphertext);
  await showHistory(stage);
}

async function createKey(stage: Stage): Promise<string> {
  await chapter('Will creates a key. It takes on the dual-authorization policy of the instance.');
  const metadata = { collectionType: 'application/vnd.ibm.kms.key+json', collectionTotal: 1 };
  const resource = { name: 'Payroll backups', aliases: [ALIAS], extractable: false };
  const created = await call(stage, WILL, 'POST /api/v2/keys', { metadata, resources: [resource] });
  expectStatus(created, 201);
  const { resources }: { resources: { id: string }[] } = JSON.parse(created.text);
  const id = resources[0]?.id ?? '';
  await detail(`the root key “Payroll backups”, ${id}`);
  return id;
}

async function wrapData(stage: Stage): Promise<string> {
  await chapter('Data is wrapped with it.');
  const plaintext = Buffer.from(SECRET).toString('base64');
  const wrapped = await call(stage, WILL, `POST /api/v2/keys/${ALIAS}/actions/wrap`, { plaintext });
  expectStatus(wrapped, 200);
  const { ciphertext }: { ciphertext: string } = JSON.parse(wrapped.text);
  await detail(`“${SECRET}” is ${ciphertext.slice(0, 24)}… now`);
  return ciphertext;
}

async function authorize(stage: Stage, ciphertext: string): Promise<void> {
  await chapter(
    'Will, a Writer, authorizes its deletion: the first of two people. Until the second, the key works.',
  );
  expectStatus(await call(stage, WILL, `POST /api/v2/keys/${ALIAS}/actions/setKeyForDeletion`), 204);
  expectStatus(await call(stage, WILL, `POST /api/v2/keys/${ALIAS}/actions/unwrap`, { ciphertext }), 200);
  await chapter('Will is a Manager too, and tries to be the second person as well.');
  const refused = await call(stage, WILL, `DELETE /api/v2/keys/${ALIAS}`);
  expectStatus(refused, 409);
  await detail(reasonOf(refused));
}

async function readMail({ mailbox }: Stage): Promise<string> {
  await chapter('Mia, the other Manager, has mail.');
  const { mail, match } = await mailbox.waitFor(MIA, /^https?:\/\/\S+\/decide\/\S+$/m);
  await detail(`To: ${mail.to}`);
  await detail(`Subject: ${mail.subject}`);
  await detail(`${match.slice(0, -30)}…`);
  return match;
}

async function approveByLink(link: string, keyId: string): Promise<void> {
  const shown = '/decide/…';
  await chapter(
    "She follows the link, reads what would be lost, types the end of the key's id, and approves.",
  );
  const page = await tell(link, { shown });
  expectStatus(page, 200);
  await detail(headingOf(page.text));
  const body = filledForm(page.text, { confirm: keyId.slice(-6), decision: 'approve' });
  const result = await tell(link, { method: 'POST', body, shown });
  expectStatus(result, 200);
  await detail(headingOf(result.text));
}

async function tryToUnwrap(stage: Stage, ciphertext: string): Promise<void> {
  await chapter('The key is destroyed: nobody reads the data again.');
  const refused = await call(stage, MIA, `POST /api/v2/keys/${ALIAS}/actions/unwrap`, { ciphertext });
  expectStatus(refused, 409);
  await detail(reasonOf(refused));
}

async function showHistory({ url, instanceId, apiKeys }: Stage): Promise<void> {
  await chapter(`What happened: countersign history ${ALIAS}`);
  const printed = await countersign(['history', ALIAS], {
    COUNTERSIGN_URL: url,
    COUNTERSIGN_INSTANCE: instanceId,
    COUNTERSIGN_API_KEY: apiKeys.get(MIA),
  });
  await print(`\n${printed.trimEnd().replace(/^(?=.)/gm, INDENT)}`);
}

let chapters = 0;
const INDENT = '   ';

function chapter(text: string): Promise<void> {
  chapters += 1;
  const line = `${chapters}  ${text}`;
  return print(`\n${process.stdout.isTTY ? styleText('bold', line) : line}`);
}

const detail = (text: string): Promise<void> => print(`${INDENT}${text}`);

/** `request` is a method and a path; a body is sent as JSON. */
function call(stage: Stage, who: string, request: string, body?: object): Promise<Reply> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const headers = {
    authorization: `Bearer ${stage.apiKeys.get(who)}`,
    'bluemix-instance': stage.instanceId,
    'content-type': 'application/json',
  };
  return tell(`${stage.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

/** The story is told of what really happens: where that is something else, it ends. */
function expectStatus({ status, text }: Reply, expected: number): void {
  if (status !== expected)
    throw new CliError(`expected ${expected}, but the server answered ${status}: ${text}`);
}
