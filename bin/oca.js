#!/usr/bin/env node
// Runs the agent from its sources in a checkout. An appliance runs the bundle, dist/oca.cjs.
import { tsImport } from 'tsx/esm/api';

await tsImport('../oca-agent/main.ts', import.meta.url);
