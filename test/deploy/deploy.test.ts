import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../lib/cli/program.ts';
import { HEALTH } from '../../lib/http/health.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Without comments: what they speak of may be anything. */
const settings = (path: string): string => read(path).replace(/^\s*#.*$/gm, '');

const FILES = {
  Dockerfile: settings('Dockerfile'),
  compose: settings('deploy/compose.yaml'),
  mailCatcher: settings('deploy/compose.mail-catcher.yaml'),
  systemd: settings('deploy/countersign.service'),
  Caddyfile: settings('deploy/Caddyfile'),
  nginx: settings('deploy/nginx.conf'),
};

const serve = buildProgram().commands.find((command) => command.name() === 'serve');
const FLAGS = new Set(serve?.options.map(({ long }) => long));
const VARIABLES = new Set([
  ...(serve?.options ?? []).flatMap(({ envVar }) => envVar ?? []),
  'COUNTERSIGN_PASSPHRASE',
  'COUNTERSIGN_PASSPHRASE_FILE',
]);
/** What the recipes themselves are told: the name of the site, and where Countersign is. */
const OF_THE_RECIPES = new Set(['COUNTERSIGN_HOSTNAME', 'COUNTERSIGN_UPSTREAM']);

describe.each(Object.entries(FILES))('%s', (_name, text) => {
  test('sets only what the program reads', () => {
    const named = [...text.matchAll(/\bCOUNTERSIGN_[A-Z_]+/g)].map(([name]) => name);
    expect(named.filter((name) => !VARIABLES.has(name) && !OF_THE_RECIPES.has(name))).toEqual([]);
  });
});

test('serve is started with options that it has', () => {
  const starts = [
    ...FILES.Dockerfile.matchAll(/^CMD \[(.*)\]$/gm),
    ...FILES.compose.matchAll(/^\s+command: \[(.*)\]$/gm),
    ...FILES.systemd.matchAll(/^ExecStart=(.*)$/gm),
  ].map(([, line = '']) => line);
  expect(starts).toHaveLength(3);
  for (const line of starts) {
    expect(line).toMatch(/\bserve\b/);
    const flags = [...line.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    expect(flags.filter((flag) => !FLAGS.has(flag))).toEqual([]);
  }
});

describe('the image', () => {
  test('stands on a release of Node.js that the program runs on, by a tag that does not move', () => {
    const images = [...FILES.Dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(new Set(images).size).toBe(1);
    const [, major] = /^node:(\d+)\.\d+\.\d+-[a-z]+-slim$/.exec(images[0] ?? '') ?? [];
    const [, least] = /^>=(\d+)\.\d+$/.exec(JSON.parse(read('package.json')).engines.node) ?? [];
    expect(Number(major)).toBeGreaterThan(Number(least));
  });

  test('copies what there is, and .dockerignore lets all of it in', () => {
    const copied = [...FILES.Dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    );
    expect(copied).toEqual(['package.json', 'package-lock.json', 'package.json', 'LICENSE', 'bin', 'lib']);
    const rules = settings('.dockerignore').split('\n').filter(Boolean);
    expect(rules[0]).toBe('*');
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(rules).toContain(`!${path}`);
    }
    for (const rule of rules.slice(1)) expect(existsSync(join(ROOT, rule.replace('!', ''))), rule).toBe(true);
  });

  test('runs as a user, is asked about its health without a tool of its own, and hears signals itself', () => {
    expect(FILES.Dockerfile).toMatch(/^USER node$/m);
    expect(FILES.Dockerfile).not.toMatch(/\bcurl\b|\bapt-get\b/);
    const [, entry = ''] = /^ENTRYPOINT \["node", "\/app\/(\S+)"\]$/m.exec(FILES.Dockerfile) ?? [];
    expect(existsSync(join(ROOT, entry)), entry).toBe(true);
    const [, path = ''] =
      /HEALTHCHECK[\s\S]+?fetch\(`http:\/\/127\.0\.0\.1:\$\{[^}]+\}([^`]+)`\)/.exec(FILES.Dockerfile) ?? [];
    expect(HEALTH.map((route) => route.path)).toContain(path);
  });

  test('needs no package that it does not have: nothing that runs imports what is for development', () => {
    const { devDependencies } = JSON.parse(read('package.json'));
    const sources = ['bin', 'lib'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => `${folder}/${name}`)
        .filter((path) => /\.[jt]s$/.test(path) && !APART.some((place) => path.startsWith(place))),
    );
    const imported = sources.flatMap((path) =>
      [...read(path).matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*)'((?:@[\w.-]+\/)?[\w.-]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => name in devDependencies)
        .map((name) => `${path} imports ${name}`),
    );
    expect(imported).toEqual([]);
  });
});

/** What is not in the image, and the demo, which brings a mailbox of its own and says what it lacks. */
const APART = ['lib/infra/', 'bin/cdk.ts', 'lib/cli/demo/'];

describe('the unit of systemd', () => {
  test('starts a file that there is', () => {
    const [, path = ''] = /^ExecStart=\/usr\/bin\/node \/opt\/countersign\/(\S+)/m.exec(FILES.systemd) ?? [];
    expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  const analyze = (...args: string[]) =>
    spawnSync('systemd-analyze', [...args, join(ROOT, 'deploy/countersign.service')], { encoding: 'utf8' });

  test.skipIf(analyze('--version').status !== 0)(
    'has nothing in it that systemd does not know, and is hardened (needs systemd-analyze)',
    () => {
      const { stdout, stderr } = analyze('verify');
      // Where it is looked at, the program may be in another place.
      const said = `${stdout}${stderr}`.split('\n').filter((line) => /countersign\.service:\d+/.test(line));
      expect(said).toEqual([]);
      const { stdout: security } = analyze('security', '--offline=true');
      const [, exposure = '10'] = /Overall exposure level for \S+: ([\d.]+)/.exec(security) ?? [];
      expect(Number(exposure)).toBeLessThan(2);
    },
  );
});

describe('the proxies', () => {
  /** The pages behind secrets that stand in the path, by what their routes say. */
  const secret = readdirSync(join(ROOT, 'lib/pages'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...read(`lib/pages/${name}`).matchAll(/'\/(\w+)\/:(?:token|secret)\b/g)])
    .map(([, first = '']) => first);

  test.each(['Caddyfile', 'nginx'] as const)('%s logs no secret that stands in a path', (proxy) => {
    const [, logged = ''] = /\((?:\?:)?((?:[\w-]+\|)+[\w-]+)\)\//.exec(FILES[proxy]) ?? [];
    expect(new Set(secret).size).toBeGreaterThanOrEqual(3);
    expect([...new Set(secret)].filter((first) => !logged.split('|').includes(first))).toEqual([]);
  });

  const IN_CADDY = [...FILES.Caddyfile.matchAll(/request>uri regexp (\S+) (\S+)$/gm)].map(
    ([, pattern = '', by = '']) =>
      (uri: string) =>
        uri.replaceAll(new RegExp(pattern, 'g'), by),
  );
  const [, where = ''] = /^\s*~(\S+) "\$\{where\}REDACTED";$/m.exec(FILES.nginx) ?? [];
  const inNginx = (uri: string): string => {
    const found = new RegExp(where).exec(uri)?.groups?.where;
    return found === undefined ? uri : `${found}REDACTED`;
  };

  test.each([
    ['/decide/TOKEN', '/decide/REDACTED'],
    ['/keys/decide/TOKEN?x=1', undefined],
    ['/claim/TOKEN/sign-in', undefined],
    ['/base/sign-in/callback?code=TOKEN&state=TOKEN', undefined],
    ['/sign-in/callback?state=TOKEN/decide/TOKEN&code=TOKEN', undefined],
    ['/sign-in?next=%2Fkeys', '/sign-in?next=%2Fkeys'],
    ['/keys/1?after=2', '/keys/1?after=2'],
  ])('log %s without what is secret in it', (uri, logged) => {
    expect(IN_CADDY).toHaveLength(2);
    for (const redact of [...IN_CADDY, inNginx]) {
      expect(redact(uri)).not.toContain('TOKEN');
      if (logged !== undefined) expect(redact(uri)).toBe(logged);
    }
  });
});
