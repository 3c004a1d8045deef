#!/usr/bin/env node
// The `ficus` command's entry: checks the Node version in syntax that old versions parse, then runs src/main.ts or its build.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 18)) {
  process.stderr.write(
    `error: ficus needs Node 24.18 or later and this is ${process.versions.node}; in a checkout start it as ` +
      '`npm run --silent ficus -- …` or `npx ficus …`, which use the Node 24 that `npm ci` installed\n',
  );
  process.exitCode = 1;
} else {
  // The package's own `exports` choose src/ under --conditions=source and dist/ otherwise.
  import('@ficus/cli/main.ts').then(
    ({ main }) => main(process.argv.slice(2)),
    (error) => {
      const unbuilt = error.code === 'ERR_MODULE_NOT_FOUND';
      process.stderr.write(
        unbuilt
          ? `error: ficus is not built\n  code: cli.not-built\n  do: run \`npm run build\` (${error.message})\n`
          : `error: ${error.stack}\n`,
      );
      process.exitCode = 1;
    },
  );
}
