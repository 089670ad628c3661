import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Asked {
  readonly path: string;
  readonly range?: string;
}
export interface Load {
  readonly requests: number;
  readonly bytesPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

const CONNECTIONS = 64;
const SCRIPT = `
local asked = {}
function init(args)
  math.randomseed(11)
  for line in io.lines(args[1]) do
    local path, range = line:match("^(%S+)%s?(%S*)$")
    local headers = range ~= "" and { Range = range } or nil
    asked[#asked + 1] = wrk.format("GET", path, headers)
  end
end
function request() return asked[math.random(#asked)] end
function done(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.bytes, summary.duration, latency:percentile(99), bad))
end
`;

/** Has `wrk` ask for these at random over 64 connections. @throws when any answer is not a good one. */
export async function load(url: string, asked: readonly Asked[], seconds: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'oca-wrk-'));
  try {
    const list = join(folder, 'asked');
    const script = join(folder, 'script.lua');
    writeFileSync(list, asked.map(({ path, range = '' }) => `${path} ${range}\n`).join(''));
    writeFileSync(script, SCRIPT);
    const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url, '--', list];
    const { stdout } = await promisify(execFile)('wrk', options);
    const [requests = 0, bytes = 0, microseconds = 1, p99 = 0, bad = 1] =
      /RESULT (.*)/.exec(stdout)?.[1]?.split(' ').map(Number) ?? [];
    if (bad > 0 || requests === 0)
      throw new Error(`${bad} of ${requests} answers failed: ${stdout}`);
    return { requests, bytesPerSecond: (bytes / microseconds) * 1e6, p99: p99 / 1000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
