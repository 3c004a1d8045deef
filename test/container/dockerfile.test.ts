import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { composeFile, repository } from './compose-file.ts';

/** Instructions of each stage, continued lines joined. */
function stages(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(`${repository}Dockerfile`, 'utf8').replace(/^#.*\n/gm, '');
  const found = new Map<string, string[]>([['', []]]);
  let current = found.get('')!;
  for (const line of text.replace(/\\\n\s*/g, '').split('\n')) {
    if (line === '') continue;
    const [, name] = /^FROM \S+ AS (\S+)$/.exec(line) ?? [];
    if (name !== undefined) {
      current = [];
      found.set(name, current);
    }
    current.push(line);
  }
  return found;
}

const all = stages();
/** What is shipped. */
const images = ['ficus', 'examples'];
const stage = (name: string) => all.get(name) ?? [];
const last = (name: string, instruction: string) =>
  stage(name).findLast((line) => line.startsWith(`${instruction} `));

test('the base image is a build argument', () => {
  assert.ok(stage('').includes('ARG BASE_IMAGE=debian:12-slim'));
  for (const name of images) assert.equal(stage(name)[0], `FROM \${BASE_IMAGE} AS ${name}`);
  assert.equal([...all.keys()].at(-1), 'ficus', 'the one that a build without --target makes');
});

test('nothing runs as root, and nothing of the build stages is left but the executable', () => {
  for (const name of images) {
    const [, user] = /^USER (\d+):(\d+)$/.exec(last(name, 'USER') ?? '') ?? [];
    assert.ok(Number(user) > 0, `${name}: ${last(name, 'USER')}`);
    assert.equal(last(name, 'RUN'), undefined, 'a base without a shell is one too');
    const copied = stage(name).filter((line) => line.startsWith('COPY --from='));
    assert.ok(copied.length > 0 && copied.every((line) => / \/out\/\w+\//.test(line)), copied.join('\n'));
  }
});

test('what is built is what docker-compose.yml asks for', () => {
  for (const [name, { build, healthcheck, restart }] of Object.entries(composeFile().services)) {
    if (build === undefined) continue;
    assert.ok(images.includes(build.target), name);
    for (const argument of Object.keys(build.args))
      assert.ok(
        stage('').some((line) => line.startsWith(`ARG ${argument}=`)),
        argument,
      );
    if (restart === 'no') assert.equal(healthcheck?.disable, true, name);
    else assert.ok(last(build.target, 'HEALTHCHECK'), name);
  }
  assert.match(last('ficus', 'HEALTHCHECK') ?? '', /CMD \["ficus", "healthcheck"\]$/);
});
