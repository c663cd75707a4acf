import { crc32, deflateSync, inflateSync } from 'node:zlib';

/**
 * A browser's PNG with a palette in place of four bytes a pixel: what pages are made of has few colours, and a picture
 * is a fourth of its size. The rarest colours, shades at the edges of letters, become the nearest that is kept.
 * @param png 8 bits a channel, not interlaced, RGB or RGBA (W3C PNG, third edition, section 11.2).
 */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const kept: number[] = [];
  for (const [colour] of [...counts].sort(([a, many], [b, more]) => more - many || a - b)) {
    if (isNew(kept, colour)) kept.push(colour);
  }
  const places = new Map(kept.map((colour, place) => [colour, place]));
  const placeOf = (colour: number): number => {
    const place = places.get(colour) ?? nearest(kept, colour);
    places.set(colour, place);
    return place;
  };
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((colour, i) => {
    rows[i + 1 + Math.floor(i / width)] = placeOf(colour);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, PALETTE], 8);
  const palette = Buffer.from(kept.flatMap((colour) => channels(colour)));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const MOST_COLOURS = 64;
/** In steps of a channel: colours closer than that look like one. */
const CLOSE = 16;
const PALETTE = 3;
const RGB = 2;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const channels = (colour: number): [number, number, number] => [
  colour >> 16,
  (colour >> 8) & 255,
  colour & 255,
];

const isNew = (kept: readonly number[], colour: number): boolean =>
  kept.length < MOST_COLOURS && kept.every((other) => distance(other, colour) > CLOSE ** 2);

/** The square of how far apart two colours are. */
function distance(colour: number, other: number): number {
  const [r, g, b] = channels(colour);
  const [x, y, z] = channels(other);
  return (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
}

function nearest(kept: readonly number[], colour: number): number {
  const distances = kept.map((other) => distance(other, colour));
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** The pixels as 0xRRGGBB, row by row; what is behind a transparent one does not matter in a picture of a page. */
function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const size = png[25] === RGB ? 3 : 4;
  const data: Buffer[] = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * size;
  const lines = Buffer.alloc(stride * height);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1) unfilter(raw, lines, { y, stride, size });
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = lines.readUIntBE(i * size, 3);
  return { width, height, pixels };
}

/** One line as its filter byte says: each byte is told as the difference from its neighbours (section 9.2). */
function unfilter(raw: Buffer, lines: Buffer, at: { y: number; stride: number; size: number }): void {
  const { y, stride, size } = at;
  const filter = raw[y * (stride + 1)] ?? 0;
  for (let x = 0; x < stride; x += 1) {
    const here = y * stride + x;
    const left = x < size ? 0 : (lines[here - size] ?? 0);
    const up = y === 0 ? 0 : (lines[here - stride] ?? 0);
    const corner = x < size || y === 0 ? 0 : (lines[here - stride - size] ?? 0);
    const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
    lines[here] = (raw[y * (stride + 1) + 1 + x] ?? 0) + predicted;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
