import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = new URL('../../../../', import.meta.url).pathname;

test('the module that is kept is what its source compiles to', async () => {
  const check = promisify(execFile)(process.execPath, ['tools/build-codec.js', '--check'], {
    cwd: root,
  });
  await expect(check).resolves.toEqual({ stdout: '', stderr: '' });
});
