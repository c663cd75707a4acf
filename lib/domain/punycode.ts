// RFC 3492, section 5: the parameters of Punycode.
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const LAST_CODE_POINT = 0x10ffff;

/** A domain's label in the letters that it stands for (`xn--bcher-kva` is `bücher`); undefined when it is malformed. */
export function labelInLetters(label: string): string | undefined {
  return label.startsWith('xn--') ? decode(label.slice(4)) : label;
}

/** RFC 3492, section 6.2. */
function decode(input: string): string | undefined {
  const end = input.lastIndexOf('-');
  const output = Array.from(input.slice(0, Math.max(end, 0)), (letter) => letter.codePointAt(0) ?? 0);
  let n = INITIAL_N;
  let bias = INITIAL_BIAS;
  let i = 0;
  for (let at = end + 1; at < input.length; ) {
    const before = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(input[at]);
      at += 1;
      if (digit === undefined) return undefined;
      i += digit * weight;
      const t = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (digit < t) break;
      weight *= BASE - t;
    }
    const count = output.length + 1;
    bias = adapted(i - before, count, before === 0);
    n += Math.floor(i / count);
    i %= count;
    if (n > LAST_CODE_POINT) return undefined;
    output.splice(i, 0, n);
    i += 1;
  }
  return String.fromCodePoint(...output);
}

/** `a` to `z` are 0 to 25, `0` to `9` are 26 to 35. */
function digitOf(letter = ''): number | undefined {
  const value = Number.parseInt(letter, BASE);
  if (Number.isNaN(value)) return undefined;
  return value >= 10 ? value - 10 : value + 26;
}

/** RFC 3492, section 6.1. */
function adapted(delta: number, count: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? DAMP : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
