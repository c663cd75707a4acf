#!/usr/bin/env node
// Plain JavaScript in syntax that old releases read too: it has to say which Node.js it needs before anything else.

/** Releases before these cannot load what this program stands on. */
const OLDEST = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `countersign: needs Node.js ${OLDEST.join('.')} or newer; this is ${process.versions.node}\n`,
  );
  process.exit(1);
}

// The AWS SDK, where a command loads it, is of a version that runs here: its notice about later ones is for whoever raises it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// Node.js 20 does not strip types by itself.
const { register } = await import('tsx/esm/api');
register();
await import('./countersign.ts');
