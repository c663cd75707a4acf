import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SCREENSHOTS } from './screenshots/list.ts';
import { smallPng } from './screenshots/small-png.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMAGES = 'docs/images';
/** In bytes. */
const LARGEST = 120_000;

const IMAGE = /!\[([^\]]*)\]\(([^)\s]+)\)/g;
const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

/** Every image that a page shows, by its path from the root of the project. */
const shown = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(IMAGE)].map(([, alt = '', target = '']) => ({
    page,
    alt,
    path: relative(ROOT, join(ROOT, dirname(page), target)),
  })),
);
const made = SCREENSHOTS.map(({ file }) => `${IMAGES}/${file}`);

describe('the pictures in the documents', () => {
  it('are all made by the script, and say in words what they show', () => {
    expect(shown.filter(({ path }) => !made.includes(path))).toEqual([]);
    expect(shown.filter(({ alt }) => alt.length < 20)).toEqual([]);
  });

  it('are all that the script makes, and nothing else lies beside them', () => {
    const inDocs = shown.filter(({ page }) => page === 'docs/console.md').map(({ path }) => path);
    expect(made.filter((path) => !inDocs.includes(path))).toEqual([]);
    expect(
      readdirSync(join(ROOT, IMAGES))
        .map((file) => `${IMAGES}/${file}`)
        .sort(),
    ).toEqual(made.toSorted());
  });

  it.each(SCREENSHOTS)('$file is as wide as it was taken, and small', ({ file, width }) => {
    const png = readFileSync(join(ROOT, IMAGES, file));
    expect([png.toString('latin1', 1, 4), png.readUInt32BE(16)]).toEqual(['PNG', width]);
    expect(png.length).toBeLessThanOrEqual(LARGEST);
  });
});

/** A picture of RGB pixels as a browser writes it; each row begins with the filter that it is told by. */
function pngOf(width: number, rows: readonly (readonly number[])[]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2], 8);
  const data = deflateSync(Buffer.from(rows.flat()));
  return Buffer.concat([Buffer.alloc(8), chunk('IHDR', header), chunk('IDAT', data)]);
}

describe('a picture that is made smaller', () => {
  /** The palette of a small picture, and its rows of places in it, each behind the filter 0. */
  function read(png: Buffer) {
    const paletteAt = png.indexOf('PLTE');
    const dataAt = png.indexOf('IDAT');
    const part = (at: number) => png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
    return { palette: [...part(paletteAt)], places: [...inflateSync(part(dataAt))] };
  }

  it.each([
    ['none', [0, 9, 200, 30, 9, 200, 30]],
    ['the pixel to the left', [1, 9, 200, 30, 0, 0, 0]],
    ['the pixel above', [2, 8, 199, 29, 8, 199, 29]],
    ['the average of both', [3, 9, 200, 30, 5, 100, 15]],
    ['the one that comes nearest', [4, 8, 199, 29, 0, 0, 0]],
  ])('has the same pixels, told by %s', (filter, second) => {
    const first = filter === 'the average of both' ? [0, 0, 0, 0, 0, 0, 0] : [0, 1, 1, 1, 1, 1, 1];
    const { palette, places } = read(smallPng(pngOf(2, [first, second])));
    const colour = (place: number) => palette.slice(place * 3, place * 3 + 3);
    expect(colour(places[1] ?? -1)).toEqual(first.slice(1, 4));
    expect([colour(places[4] ?? -1), colour(places[5] ?? -1)]).toEqual([
      [9, 200, 30],
      [9, 200, 30],
    ]);
  });

  it('keeps a rare colour that nothing else is like, and lets go of one that is', () => {
    const row = [0, 255, 255, 255, 255, 255, 255, 254, 255, 255, 200, 0, 0];
    const { palette, places } = read(smallPng(pngOf(4, [row])));
    expect(palette).toEqual([255, 255, 255, 200, 0, 0]);
    expect(places).toEqual([0, 0, 0, 0, 1]);
  });
});
