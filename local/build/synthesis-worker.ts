import { workerData } from 'node:worker_threads';
import { buildApp } from '../../lib/app.ts';
import type { SynthesisOrder } from './synthesize.ts';

/** Synthesizes the CDK app in a thread of its own: it holds the event loop for seconds and much memory until it ends. */
const { config, outdir } = workerData as SynthesisOrder;
buildApp(config, { outdir }).synth();
