import type { ParityGroupId } from '#domain/ids.ts';
import { yieldToOthers } from '../../slices.ts';
import type { GroupCatalogue } from './group-catalogue.ts';
import type { ParityGroups } from './parity-groups.ts';

/** Groups that are taken in before others get their turn. */
const PAGE_SIZE = 200;

/** Takes in what the catalogue says. Members that the index does not have count as lost until the disks were asked. */
export async function loadCatalogue(
  groups: ParityGroups,
  catalogue: GroupCatalogue,
): Promise<void> {
  for (let last: ParityGroupId | '' = ''; ; ) {
    const page = catalogue.page(last, PAGE_SIZE);
    for (const group of page) groups.add(group);
    const end = page.at(-1);
    if (!end) return;
    last = end.groupId;
    await yieldToOthers();
  }
}
