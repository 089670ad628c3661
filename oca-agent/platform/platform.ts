import type { Clock } from '#domain/clock.ts';
import type { Random } from '#domain/random.ts';
import type { OpenDatabase } from './database.ts';
import type { FileSystem } from './file-system.ts';
import type { ClientTls, HttpClient } from './http-client.ts';
import type { Listen } from './http-server.ts';
import type { Programs } from './programs.ts';

/** All that the agent can reach outside itself. Tests and the simulator replace any part of it. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly fileSystem: FileSystem;
  /** How many file operations may be under way at a time, those of all disks together. */
  readonly fileThreads: number;
  readonly openDatabase: OpenDatabase;
  readonly programs: Programs;
  /** For everybody: nobody learns who we are. */
  readonly httpClient: HttpClient;
  /** For one server, to which we show a certificate. */
  readonly identifiedClient: (tls: ClientTls) => HttpClient;
  readonly listen: Listen;
}
