import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { atDepth, firstBut, withoutPeer } from './forwarded-for.ts';
import { IpRanges } from './ip-ranges.ts';

describe('X-Forwarded-For from the right', () => {
  it('by depth, as Traefik documents it', () => {
    const table: [list: string, depth: number, address: string][] = [
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', 1, '13.0.0.1'],
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', 3, '11.0.0.1'],
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', 5, ''],
      ['10.0.0.4,10.0.0.3,10.0.0.2,10.0.0.1', 3, '10.0.0.3'],
      ['', 2, ''],
      ['', 1, ''],
      ['10.0.0.2,10.0.0.1', 2, '10.0.0.2'],
      [' 10.0.0.2 , 10.0.0.1 ', 1, '10.0.0.1'],
      ['10.0.0.2,,10.0.0.1', 2, ''],
      ['10.0.0.2,,10.0.0.1', 3, '10.0.0.2'],
    ];
    for (const [list, depth, address] of table)
      assert.equal(atDepth(list, depth), address, `${list} ${depth}`);
  });

  it('but those that are excluded, as Traefik documents it', () => {
    const table: [list: string, excluded: string[], address: string][] = [
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', ['12.0.0.1', '13.0.0.1'], '11.0.0.1'],
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', ['15.0.0.1', '13.0.0.1'], '12.0.0.1'],
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', ['10.0.0.1', '13.0.0.1'], '12.0.0.1'],
      ['10.0.0.1,11.0.0.1,12.0.0.1,13.0.0.1', ['15.0.0.1', '16.0.0.1'], '13.0.0.1'],
      ['10.0.0.1,11.0.0.1', ['10.0.0.1', '11.0.0.1'], ''],
      ['127.0.0.1,10.0.0.4,10.0.0.3,10.0.0.2,10.0.0.1', ['10.0.0.1/24'], '127.0.0.1'],
      ['10.0.0.9,,10.0.0.1,', ['10.0.0.1'], '10.0.0.9'],
      // What is no address is none of the excluded.
      ['10.0.0.9,unknown,10.0.0.1', ['10.0.0.1'], 'unknown'],
      ['', ['10.0.0.1'], ''],
    ];
    for (const [list, excluded, address] of table)
      assert.equal(firstBut(list, new IpRanges(excluded)), address, `${list} but ${excluded}`);
  });

  it('without the peer that the gateway has added', () => {
    assert.equal(withoutPeer('10.0.0.1, 192.0.2.7', '192.0.2.7'), '10.0.0.1');
    assert.equal(withoutPeer('192.0.2.7', '192.0.2.7'), '');
    assert.equal(withoutPeer('192.0.2.7, 192.0.2.7', '192.0.2.7'), '192.0.2.7');
    // A middleware wrote it.
    assert.equal(withoutPeer('10.0.0.1', '192.0.2.7'), '10.0.0.1');
    assert.equal(withoutPeer('1192.0.2.7', '192.0.2.7'), '1192.0.2.7');
    assert.equal(withoutPeer('', '192.0.2.7'), '');
  });

  it('whatever is in it, picks what splitting it would', () => {
    const piece = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('', ' ', 'unknown', '[::1]:80', ' 10.0.0.1 ', ';"'),
      fc.string(),
    );
    const lists = fc.oneof(
      fc.array(piece).map((all) => all.join(',')),
      fc.string(),
    );
    const excluded = new IpRanges(['10.0.0.0/8', '::/1']);
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 12 }), (list, depth) => {
        const split = list.split(',').map((element) => element.trim());
        assert.equal(atDepth(list, depth), split.at(-depth) ?? '');
        const kept = split.filter((element) => element !== '' && !excluded.has(element));
        assert.equal(firstBut(list, excluded), kept.at(-1) ?? '');
      }),
      { numRuns: 1000 },
    );
  });

  it('reads a long list in no time', () => {
    const list = '10.0.0.1,'.repeat(7000);
    const begin = performance.now();
    assert.equal(firstBut(list, new IpRanges(['10.0.0.1'])), '');
    assert.equal(atDepth(list, 1000), '10.0.0.1');
    assert.ok(performance.now() - begin < 1000);
  });
});
