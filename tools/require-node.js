/**
 * Stops with one clear line where a script would run on a Node that cannot run TypeScript from source. On Linux npm
 * brings Node 24 by itself; on macOS and FreeBSD it has to be installed.
 */
const NODE_MAJOR_MIN = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < NODE_MAJOR_MIN) {
  process.stderr.write(
    `node: expected version ${NODE_MAJOR_MIN} or newer, found ${process.version}. On Linux run "npm ci" (without --omit=optional); elsewhere install Node ${NODE_MAJOR_MIN}.\n`,
  );
  process.exit(1);
}
