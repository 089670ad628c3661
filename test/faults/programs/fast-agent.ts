import { readFile } from 'node:fs/promises';
import type { Clock } from '#domain/clock.ts';
import { epochMs, milliseconds } from '#domain/units.ts';
import { parseAgentConfig } from '../../../oca-agent/config/agent-config.ts';
import { jsonLog } from '../../../oca-agent/log.ts';
import { nodePlatform, systemClock } from '../../../oca-agent/platform/node-platform.ts';
import { startAgent } from '../../../oca-agent/start-agent.ts';
import { say } from './task.ts';

const [configFile = '', factor = '1'] = process.argv.slice(2);

/** The real agent whose minutes last seconds: what it judges by the minute can be seen in a test. */
const startedAt = systemClock.now();
const clock: Clock = {
  now: () => epochMs(Math.round(startedAt + (systemClock.now() - startedAt) * Number(factor))),
  sleep: (duration, signal) =>
    systemClock.sleep(milliseconds(Math.max(1, duration / Number(factor))), signal),
};
const config = parseAgentConfig(await readFile(configFile, 'utf8'));
await startAgent({
  config,
  platform: { ...nodePlatform(Number(process.env.UV_THREADPOOL_SIZE)), clock },
  log: jsonLog(clock, config.ocaId, say),
  softwareVersion: 'test',
});
