import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { MiniStack } from './ministack.ts';

const CDK = fileURLToPath(new URL('../../node_modules/aws-cdk/bin/cdk', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the CDK CLI of package.json against the emulator, in its folder. Resolves with all that it said. */
export const cdk = (emulator: MiniStack, args: readonly string[]): Promise<string> =>
  run(process.execPath, [CDK, ...args], { emulator, folder: emulator.folder });

/** Runs the operator's CLI against the emulator. */
export const distributary = (emulator: MiniStack, args: readonly string[]): Promise<string> =>
  run(process.execPath, ['bin/distributary.js', ...args], { emulator, folder: REPOSITORY });

/** @throws Error with what the output says of it when the program exits with anything but 0 */
async function run(
  program: string,
  args: readonly string[],
  { emulator, folder }: { emulator: MiniStack; folder: string },
): Promise<string> {
  const child = spawn(program, args, {
    cwd: folder,
    env: emulator.environment('us-east-1'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [out, said, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  const output = `${out}${said}`;
  if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}:\n${faultsIn(output)}`);
  return output;
}

/** Of hundreds of lines the ones that tell why. */
const faultsIn = (output: string): string => {
  const lines = output.split('\n').filter((line) => /FAILED|❌|error|Unrecognized/i.test(line));
  return (lines.length > 0 ? lines : [output]).join('\n');
};
