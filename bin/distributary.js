#!/usr/bin/env node
// Node 24 reads TypeScript by itself; an older one needs tsx to.
if (!process.features.typescript) (await import('tsx/esm/api')).register();
const { main } = await import('./distributary/main.ts');
process.exitCode = await main(process.argv.slice(2), process.env);
