import { isBuiltin } from 'node:module';
import { describe, expect, test } from 'vitest';
import { bundled, entriesOf } from './bundle.ts';
import { functionsOf, synthesized } from './synthesized.ts';

/** In bytes: what Lambda fetches and Node.js reads before a function can begin. */
const MOST = 700_000;
/** Every page and the whole API. */
const MOST_OF_THE_API = 1_000_000;

const functions = functionsOf(synthesized());
const bundles = await bundled(entriesOf(functions.keys()), { sourceMaps: false });
const WITHOUT_MAILS = [...functions].flatMap(([name, { environment }]) =>
  environment.MAIL_FROM === undefined ? [name] : [],
);

/** The files that a function is made of, by their paths in the project; of those that leave nothing there. */
const filesOf = (name: string): readonly string[] =>
  Object.entries(bundles.get(name)?.made.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput === 0 ? [] : [file],
  );

describe.each([...bundles])('the bundle of %s', (name, { code, made }) => {
  const isApi = name === 'api';

  test('is small', () => {
    expect(code.length).toBeLessThan(isApi ? MOST_OF_THE_API : MOST);
  });

  test('asks for what it leaves out only when it needs it', () => {
    const left = made.imports.filter(({ external, path }) => external === true && !isBuiltin(path));
    expect(left.map(({ path }) => path)).toContain('@aws-sdk/credential-provider-sso');
    expect(left.filter(({ kind }) => kind !== 'dynamic-import')).toEqual([]);
  });

  test('has what finds credentials in its environment, and not what does on a developer’s machine', () => {
    const files = filesOf(name);
    expect(files.some((file) => file.includes('@aws-sdk/credential-provider-env/'))).toBe(true);
    const OTHERS = /@aws-sdk\/(nested-clients|token-providers|credential-provider-(?!env\/|node\/))/;
    expect(files.filter((file) => OTHERS.test(file))).toEqual([]);
  });

  test('has no embedded engine and no command line', () => {
    const ENGINE = /^lib\/(engine|cli)\/|node_modules\/(libsql|jsonata)\//;
    expect(filesOf(name).filter((file) => ENGINE.test(file))).toEqual([]);
  });
});

describe.each([...bundles.keys()].filter((name) => name !== 'api'))(
  '%s, which answers no request',
  (name) => {
    test('has no web framework and no page', () => {
      const WEB = /^lib\/(http|pages)\/|node_modules\/hono\//;
      expect(filesOf(name).filter((file) => WEB.test(file))).toEqual([]);
    });
  },
);

describe.each(WITHOUT_MAILS)('%s, which sends no mail', (name) => {
  test('has nothing that sends one', () => {
    expect(
      filesOf(name).filter((file) => /node_modules\/(nodemailer|@aws-sdk\/client-sesv2)\//.test(file)),
    ).toEqual([]);
  });
});

test('the bundles have what their functions are for', () => {
  expect(filesOf('api')).toContain('lib/http/app.ts');
  expect(filesOf('delete-key')).toContain('lib/operations/steps/delete-key.ts');
  expect(filesOf('notify-outcome')).toContain('lib/adapters/ses/mailer.ts');
});
