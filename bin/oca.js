#!/usr/bin/env node
// Runs the agent from its sources in a checkout. An appliance runs the bundle, dist/oca.cjs.

// Before the first file is read: that is when libuv makes its threads. The bundle does the same, see lib/agent-package.ts.
process.env.UV_THREADPOOL_SIZE ??= '320';

const { tsImport } = await import('tsx/esm/api');
await tsImport('../oca-agent/main.ts', import.meta.url);
