import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Answer, Call } from './call.ts';

/**
 * Calls functions for tests, one call a connection, until the process that forked it lets go. Modules stay loaded
 * between calls. The socket's folder is for this user alone, since whoever can connect can call anything.
 */
const folder = mkdtempSync(join(tmpdir(), 'outside-jest-'));
/** What calls leave behind goes with it. */
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());

const socketPath = join(folder, 'socket');
createServer({ allowHalfOpen: true }, (socket) => void serve(socket)).listen(socketPath, () =>
  process.send?.(socketPath),
);

async function serve(socket: Socket): Promise<void> {
  socket.on('error', () => socket.destroy());
  const call = (await json(socket)) as Call;
  socket.end(JSON.stringify(await answer(call)));
}

async function answer({ module, name, args }: Call): Promise<Answer> {
  try {
    const functions: Record<string, (...args: unknown[]) => unknown> = await import(module);
    const run = functions[name];
    if (!run) throw new Error(`${module} exports no ${name}`);
    return { result: await run(...args) };
  } catch (thrown) {
    return { error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}
