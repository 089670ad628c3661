declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Names as in dynalite's README; state is held in memory when `path` is absent. */
  interface DynaliteOptions {
    readonly path?: string;
    readonly createTableMs?: number;
  }
  const dynalite: (options: DynaliteOptions) => Server;
  export = dynalite;
}
