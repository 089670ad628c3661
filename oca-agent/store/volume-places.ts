import { dirname, join } from 'node:path';
import { type FileSystem, replaceText } from '../platform/file-system.ts';
import { sidecarPath } from './volume-layout.ts';

/** Gives a written and synced partial its place, with its sidecar there before it. */
export async function publishAt(
  files: FileSystem,
  place: string,
  { partial, sidecar }: { readonly partial: string; readonly sidecar: string },
): Promise<void> {
  await writeSidecarOf(files, place, sidecar);
  await files.rename(partial, place);
  await files.syncFolder(dirname(place));
}

/** The shard is made inside a folder that must be there: nothing is written where no disk is mounted. */
export async function writeSidecarOf(
  files: FileSystem,
  place: string,
  sidecar: string,
): Promise<void> {
  const shard = dirname(place);
  if (!(await files.stat(shard))) {
    await files.makeSubfolder(shard);
    await files.syncFolder(dirname(shard));
  }
  await replaceText(files, sidecarPath(place), sidecar);
}

/** The sidecar first: what has none is nothing at the next start. */
export async function removeAt(files: FileSystem, place: string): Promise<void> {
  await files.remove(sidecarPath(place));
  await files.remove(place);
}

/** Names of the files at their places below `root`; what else lies there is removed. */
export async function listPlaces<Name extends string>(
  files: FileSystem,
  root: string,
  isName: (text: string) => text is Name,
): Promise<Name[]> {
  const found = new Set<Name>();
  for (const shard of await files.list(root)) {
    const names = await files.list(join(root, shard));
    for (const name of names) if (isName(name)) found.add(name);
    for (const name of names) {
      const isSidecar = name.endsWith('.json') && found.has(name.slice(0, -5) as Name);
      if (!isName(name) && !isSidecar) await files.remove(join(root, shard, name));
    }
  }
  return [...found];
}
