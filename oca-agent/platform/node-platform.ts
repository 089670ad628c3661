import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '#domain/clock.ts';
import { seededRandom } from '#domain/random.ts';
import { epochMs } from '#domain/units.ts';
import { openSqlite } from './database.ts';
import { nodeFileSystem } from './file-system.ts';
import { nodeHttpClient } from './http-client.ts';
import { listen } from './http-server-listen.ts';
import type { Platform } from './platform.ts';
import { nodePrograms } from './programs.ts';

export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  async sleep(duration, signal) {
    await delay(duration, undefined, signal ? { signal } : {}).catch(() => undefined);
  },
};

/** Where nobody sets UV_THREADPOOL_SIZE. Source: libuv, "Thread pool work scheduling". */
const FILE_THREADS_DEFAULT = 4;

/** The real machine. */
export const nodePlatform = (fileThreads = FILE_THREADS_DEFAULT): Platform => ({
  clock: systemClock,
  random: seededRandom(randomInt(2 ** 32)),
  fileSystem: nodeFileSystem,
  fileThreads,
  openDatabase: openSqlite,
  programs: nodePrograms,
  httpClient: nodeHttpClient(),
  identifiedClient: nodeHttpClient,
  listen,
});
