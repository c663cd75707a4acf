import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAddressRange, isWithin, LONGEST_ADDRESS_RANGE } from '../../lib/domain/network.ts';

describe('a range of addresses', () => {
  it.each([
    '192.0.2.1',
    '0.0.0.0/0',
    '65.128.226.252/24',
    '::',
    '::1',
    '2001:db8::/32',
    '2001:DB8:0:0:1:2:3:4/128',
    'fe80::1:2',
    '64:ff9b::192.0.2.33',
    '::ffff:192.0.2.1',
    '::ffff:192.0.2.0/120',
    '1:2:3:4:5:6:7::',
    `${'ffff:'.repeat(6)}255.255.255.255/128`,
  ])('is %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
    expect(text.length).toBeLessThanOrEqual(LONGEST_ADDRESS_RANGE);
  });

  it.each([
    '',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '0x7f.0.0.1',
    '192.0.2.1/33',
    '192.0.2.1/',
    '192.0.2.1/024',
    '192.0.2.1/-1',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '192.0.2.1:443',
    '[::1]',
    'fe80::1%eth0',
    '::1/129',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '192.0.2.1::',
    '::ffff:192.0.2.1/95',
    'localhost',
    'any',
  ])('is not %j', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });
});

describe('an address is in a range', () => {
  it.each([
    [['192.0.2.0/24'], '192.0.2.255', true],
    [['192.0.2.77/24'], '192.0.2.1', true],
    [['192.0.2.0/24'], '192.0.3.0', false],
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.2', false],
    [['10.0.0.0/7'], '11.255.255.255', true],
    [['10.0.0.0/7'], '12.0.0.0', false],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['192.0.2.0/24'], '::ffff:192.0.2.9', true],
    [['192.0.2.0/24'], '::ffff:c000:209', true],
    [['::ffff:192.0.2.0/120'], '192.0.2.9', true],
    [['2001:db8::/33'], '2001:db8:7fff::1', true],
    [['2001:db8::/33'], '2001:db8:8000::1', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['192.0.2.0/24', '::1'], '::1', true],
    [[], '192.0.2.1', false],
  ] as const)('%j holds %s: %s', (ranges, address, held) => {
    expect(isWithin(ranges, address)).toBe(held);
  });

  it('of the other kind never, however wide it is', () => {
    expect(isWithin(['::/0'], '192.0.2.1')).toBe(false);
    expect(isWithin(['0.0.0.0/0'], '2001:db8::1')).toBe(false);
  });

  it('only if it is one', () => {
    const everything = ['0.0.0.0/0', '::/0'];
    for (const none of [undefined, '', 'unknown', '192.0.2.1, 192.0.2.2', '192.0.2.1:80', '[::1]', '::1/64'])
      expect(isWithin(everything, none)).toBe(false);
  });

  it('as Node’s own lists have it', () => {
    const ipv6 = fc.ipV6().filter((text) => isIP(text) === 6 && !/^(::ffff|[0:]+:ffff):/i.test(text));
    const pair = fc.oneof(
      fc.record({
        range: fc.ipV4(),
        other: fc.ipV4(),
        prefix: fc.integer({ min: 0, max: 32 }),
        kind: fc.constant('ipv4' as const),
      }),
      fc.record({
        range: ipv6,
        other: ipv6,
        prefix: fc.integer({ min: 0, max: 128 }),
        kind: fc.constant('ipv6' as const),
      }),
    );
    fc.assert(
      fc.property(pair, ({ range, other, prefix, kind }) => {
        const list = new BlockList();
        list.addSubnet(range, prefix, kind);
        for (const address of [range, other])
          expect(isWithin([`${range}/${prefix}`], address)).toBe(list.check(address, kind));
      }),
    );
  });
});
