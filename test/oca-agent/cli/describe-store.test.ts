import { expect, test } from '@jest/globals';
import { describeDisks } from '../../../oca-agent/cli/describe-store.ts';
import type { AgentStatus } from '../../../oca-agent/management/agent-status.ts';
import { diskDetails } from '../../../oca-agent/store/store-reports.ts';
import { failingFiles } from '../fixtures/failing-files.ts';
import { StoreOnDisks } from '../fixtures/store-on-disks.ts';

test('a disk whose filesystem has no room is healthy, and said to be full', async () => {
  let isFull = false;
  const fileSystem = failingFiles((operation) =>
    operation === 'create' && isFull ? 'ENOSPC' : undefined,
  );
  const on = await StoreOnDisks.open({ fileSystem, flashDisks: 1, hddDisks: 0 });
  try {
    isFull = true;
    await expect(on.put(1, 1000, 'flash')).rejects.toThrow('no room');
    const disks = diskDetails(on.store);
    expect(disks).toMatchObject([{ state: 'healthy', isFull: true }]);
    expect(describeDisks({ disks, asOf: 0 } as unknown as AgentStatus)).toMatch(
      /^flash-1 full: its filesystem has no room left$/m,
    );
  } finally {
    await on.remove();
  }
});
