// A fresh process of a function: says how long its module took to be imported, in milliseconds, when its handler is ready.
const before = performance.now();
const { handler } = await import(process.argv[2]);
const imported = performance.now() - before;
if (typeof handler !== 'function') throw new Error('there is no handler');
process.send({ imported }, () => process.exit(0));
