import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bookwormLines, parseOneLine, parseStanzas } from './apt-sources.ts';

const stanzas = `Types: deb
# a comment inside a stanza
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites:
 bookworm-security
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

test('stanzas: continued lines, comments, and only enabled entries of binary packages', () => {
  assert.deepEqual(parseStanzas(stanzas), [
    {
      uri: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
    },
    {
      uri: 'http://mirror.example/debian-security',
      suites: ['bookworm-security'],
      components: ['main'],
    },
  ]);
});

test('one-line entries: options, comments', () => {
  const text = `# deb http://off.example/debian bookworm main
deb [signed-by=/etc/a.gpg arch=amd64] http://mirror.example/debian bookworm main contrib # why
deb-src http://mirror.example/debian bookworm main
deb http://other.example/apt stable other`;
  assert.deepEqual(parseOneLine(text), [
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
    { uri: 'http://other.example/apt', suites: ['stable'], components: ['other'] },
  ]);
});

test('a Debian 12 takes the entries of its release, and the mirror once', () => {
  const sources = [
    ...parseStanzas(stanzas),
    { uri: 'http://other.example/apt', suites: ['bookworm-backports', 'trixie'], components: ['main'] },
    { uri: 'http://other.example/apt', suites: ['bookworm'], components: ['tools'] },
  ];
  assert.deepEqual(bookwormLines(sources, 'http://mirror.example/debian'), [
    'deb http://mirror.example/debian bookworm main',
    'deb http://mirror.example/debian bookworm-updates main',
    'deb http://mirror.example/debian-security bookworm-security main',
  ]);
});
