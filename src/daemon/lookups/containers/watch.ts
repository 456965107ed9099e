import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { instanceOf, namesIn, statOf } from '../bounded-read.ts';

export interface Following {
  readonly close: () => void;
}

/**
 * Tells of every directory that is or appears at a place: `root/<segments>/<any name>`, by inotify
 * on the part of the way that exists, so the place itself may appear later. Never keeps the process
 * alive. Where inotify has no watch left (`fs.inotify.max_user_watches`) it tells nothing more.
 *
 * @param segments names of directories, `*` for any
 * @param arrived called with the path, again if the directory is made anew
 */
export function followDirectories(
  root: string,
  segments: readonly string[],
  arrived: (directory: string) => void,
): Following {
  const watched = new Map<string, { readonly watcher: FSWatcher; readonly instance: string }>();

  const enter = (directory: string, depth: number, instance: string): void => {
    if (watched.get(directory)?.instance === instance) return;
    leave(directory);
    const watcher = watchNames(directory, (name) => {
      changed(directory, depth, name);
    });
    if (!watcher) return;
    watched.set(directory, { watcher, instance });
    // Only now: what appeared before the watch would be missed if we looked first.
    for (const name of namesIn(directory)) changed(directory, depth, name);
  };
  const changed = (directory: string, depth: number, name: string): void => {
    const wanted = segments[depth];
    if (wanted !== undefined && wanted !== '*' && wanted !== name) return;
    const path = join(directory, name);
    const found = statOf(path);
    if (!found?.isDirectory()) leave(path);
    else if (wanted === undefined) arrived(path);
    else enter(path, depth + 1, instanceOf(found));
  };
  const leave = (directory: string): void => {
    for (const [path, { watcher }] of watched) {
      if (path !== directory && !path.startsWith(`${directory}/`)) continue;
      watcher.close();
      watched.delete(path);
    }
  };
  const start = statOf(root);
  if (start?.isDirectory()) enter(root, 0, instanceOf(start));
  return {
    close: () => {
      leave(root);
    },
  };
}

function watchNames(directory: string, changed: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (event, name) => {
      if (event === 'rename' && name !== null) changed(name);
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return undefined;
  }
}
