import { join } from 'node:path';
import type { Clock } from '#domain/clock.ts';
import { isTitleId } from '#domain/ids.ts';
import { inForce, type SessionClaims } from '#domain/tokens/session-token.ts';
import { type EpochMs, elapsed, seconds } from '#domain/units.ts';
import { failureFacts, type Log } from '../../log.ts';
import type { FileSystem } from '../../platform/file-system.ts';
import { Turns } from '../../store/turns.ts';
import type { GateVerdict } from '../token-gate.ts';

/** A token stands in two names of folders, each behind a letter: the longest name that file systems take has 255. */
export const SESSION_PATH_CHARACTERS_MAX = 254;
/** Folders in all. Each takes about 4 KiB of the kernel's memory while it is in use. */
const SESSIONS_MAX = 100_000;
/** Nobody asked for so long: the next request asks the agent again. Longer than a player's pause in a long segment. */
const IDLE_MAX = seconds(600);
const SWEEP_EVERY = seconds(1);

export interface SessionLinksOptions {
  readonly folder: string;
  /** What the links lead to. */
  readonly tree: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** The folder went although the token may still be good. */
  readonly onIdle: (token: string) => void;
}

interface Session {
  readonly claims: SessionClaims;
  usedAt: EpochMs;
}

/**
 * What the web server knows of session tokens: for each that the agent has found genuine, a folder with links to the titles
 * that it opens. A request with any other token leads to no file. The folder goes when the token expires, is revoked, or is
 * not used any more.
 *
 *     sessions/a<first 254 letters>/b<the rest>/<titleId> ──▶ tree/<titleId>
 *     sessions/a<first 254 letters>/b<the rest> ──▶ tree              (a token for all titles)
 */
export class SessionLinks {
  readonly #options: SessionLinksOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #turns = new Turns<string>();

  constructor(options: SessionLinksOptions) {
    this.#options = options;
  }

  /** Tokens that have a folder, or are about to. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Gives a genuine token its folder, soon. */
  admit(token: string, claims: SessionClaims): void {
    if (this.#sessions.has(token) || !isLinkable(token, claims)) return;
    if (this.#sessions.size >= SESSIONS_MAX) return;
    this.#sessions.set(token, { claims, usedAt: this.#options.clock.now() });
    this.#follow(token);
  }
  noteUse(token: string): void {
    const session = this.#sessions.get(token);
    if (session) session.usedAt = this.#options.clock.now();
  }
  sessionIdOf(token: string): string | undefined {
    return this.#sessions.get(token)?.claims.sid;
  }
  /** Takes the folders away of sessions that `isOver`. Resolves when they are gone. */
  async end(isOver: (claims: SessionClaims) => boolean): Promise<void> {
    for (const [token, { claims }] of this.#sessions) if (isOver(claims)) this.#end(token);
    await this.#turns.idle();
  }
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  /** Looks at all folders, also those that an earlier run has left. What `judge` still admits stays as it is, and is served meanwhile. */
  async restore(judge: (token: string) => Promise<GateVerdict>): Promise<void> {
    const { folder, files } = this.#options;
    await files.makeFolder(folder);
    for (const head of await files.list(folder))
      for (const tail of await files.list(join(folder, head))) {
        const token = `${head.slice(1)}${tail.slice(1)}`;
        const verdict = await judge(token);
        if (verdict.ok) this.admit(token, verdict.claims);
        else this.#end(token);
      }
    await this.#turns.idle();
  }

  /** Takes away what has expired or is idle, until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onIdle } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(SWEEP_EVERY, signal);
      const now = clock.now();
      for (const [token, { claims, usedAt }] of this.#sessions)
        if (!inForce(claims, now).ok || elapsed(usedAt, now) > IDLE_MAX) {
          this.#end(token);
          onIdle(token);
        }
    }
    await this.#turns.idle();
  }

  #end(token: string): void {
    this.#sessions.delete(token);
    this.#follow(token);
  }

  /** Lets the folder say what we know of the token at that moment. */
  #follow(token: string): void {
    void this.#turns.run(token, async () => {
      try {
        const session = this.#sessions.get(token);
        await (session ? this.#link(token, session.claims) : this.#unlink(token));
      } catch (error) {
        this.#options.log('nginx.session.failed', failureFacts(error));
      }
    });
  }

  async #link(token: string, claims: SessionClaims): Promise<void> {
    const { folder, tree, files } = this.#options;
    const head = join(folder, headOf(token));
    const place = join(head, tailOf(token));
    await files.makeFolder(head);
    const titles = titlesOf(claims);
    if (titles === 'all') return this.#linkTo(tree, place);
    await files.makeFolder(place);
    for (const titleId of titles) await this.#linkTo(join(tree, titleId), join(place, titleId));
  }
  async #linkTo(target: string, path: string): Promise<void> {
    const { files } = this.#options;
    if ((await files.readLink(path)) === undefined) await files.link(target, path);
  }

  async #unlink(token: string): Promise<void> {
    const { folder, files } = this.#options;
    const head = join(folder, headOf(token));
    const place = join(head, tailOf(token));
    if ((await files.readLink(place)) !== undefined) await files.remove(place);
    else {
      for (const titleId of await files.list(place)) await files.remove(join(place, titleId));
      await files.removeEmptyFolder(place);
    }
    await files.removeEmptyFolder(head);
  }
}

const headOf = (token: string): string => `a${token.slice(0, SESSION_PATH_CHARACTERS_MAX)}`;
const tailOf = (token: string): string => `b${token.slice(SESSION_PATH_CHARACTERS_MAX)}`;

/** What cannot be told by folders stays with the agent: long tokens, those of one network, those for parts of a title. */
const isLinkable = (token: string, claims: SessionClaims): boolean =>
  token !== '' &&
  token.length <= 2 * SESSION_PATH_CHARACTERS_MAX &&
  !('net' in claims) &&
  titlesOf(claims).length > 0;

/** The titles that a token opens wholly. */
function titlesOf({ p }: SessionClaims): 'all' | readonly string[] {
  if (p.some((prefix) => prefix === '/' || prefix === '/content/')) return 'all';
  return p.flatMap((prefix) => {
    const titleId = /^\/content\/([^/]+)\/$/.exec(prefix)?.[1];
    return titleId !== undefined && isTitleId(titleId) ? [titleId] : [];
  });
}
