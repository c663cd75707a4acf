/** Small letters that cannot be told from these Latin ones in most fonts, as in Unicode's confusables (UTS #39). */
const LOOK_LIKE: { readonly [latin: string]: string } = {
  a: 'аαɑ',
  b: 'ƅ',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еҽ',
  g: 'ɡցǥ',
  h: 'һհ',
  i: 'іıιɩ',
  j: 'јϳȷյ',
  k: 'кκ',
  l: 'ӏ',
  n: 'ηոп',
  o: 'оοσօ',
  p: 'рρ',
  q: 'ԛզ',
  r: 'г',
  s: 'ѕ',
  u: 'υսʋ',
  v: 'ѵν',
  w: 'ԝω',
  x: 'хχ',
  y: 'уүγ',
  ß: 'β',
  ë: 'ё',
  ï: 'ї',
};

const LATIN = new Map(
  Object.entries(LOOK_LIKE).flatMap(([latin, others]) =>
    Array.from(others, (letter) => [letter, latin] as const),
  ),
);

/**
 * What a text looks like, where all of it looks Latin: two texts that a reader takes for one are one. Small letters
 * only. Signs of ASCII stay as they are: `1` and `l` tell two people apart in many a firm.
 */
export function skeleton(text: string): string {
  const seen = Array.from(text.replaceAll('i\u0307', 'i'), (letter) => LATIN.get(letter) ?? letter).join('');
  return mixesScripts(seen) ? text : seen;
}

/** Scripts that are written together (UTS #39, 5.2: Latin goes with those of Japanese, Chinese and Korean). */
const TOGETHER = /[\p{sc=Latin}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Hangul}]/u;
const ALONE = [
  /\p{sc=Cyrillic}/u,
  /\p{sc=Greek}/u,
  /\p{sc=Coptic}/u,
  /\p{sc=Armenian}/u,
  /\p{sc=Georgian}/u,
  /\p{sc=Cherokee}/u,
  /\p{sc=Lisu}/u,
  /\p{sc=Hebrew}/u,
  /\p{sc=Arabic}/u,
  // A letter of any other script: those have nothing that looks like one of these.
  /[^\p{sc=Latin}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Hangul}\p{sc=Cyrillic}\p{sc=Greek}\p{sc=Coptic}\p{sc=Armenian}\p{sc=Georgian}\p{sc=Cherokee}\p{sc=Lisu}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Common}\p{sc=Inherited}]/u,
];

/** Whether a text mixes letters of scripts that nobody writes together, as in words that pass for others. */
export const mixesScripts = (text: string): boolean =>
  [TOGETHER, ...ALONE].filter((script) => script.test(text)).length > 1;
