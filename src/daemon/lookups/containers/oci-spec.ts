import { expandCgroupsPath } from '../cgroup-path.ts';
import type { BindMount } from './container.ts';
import { asObject, listAt, objectAt, parseJson, textAt } from '../../../json.ts';
import type { JsonObject } from '../../../json.ts';

/** What iotrace needs of an OCI runtime spec (`config.json`). */
export interface OciSpec {
  /** `root.path`: absolute, or relative to the bundle. */
  readonly rootPath: string | undefined;
  /** Relative to the cgroup2 root, `slice:prefix:name` expanded. */
  readonly cgroupsPath: string | undefined;
  readonly annotations: JsonObject;
  readonly mounts: readonly BindMount[];
}

/**
 * Reads a spec (OCI runtime spec, config.md). Parts of the wrong shape are left out.
 *
 * @returns `undefined` when the text is not a JSON object: mostly a file still being written
 */
export function parseOciSpec(text: string): OciSpec | undefined {
  const spec = asObject(parseJson(text));
  if (!spec) return undefined;
  const cgroupsPath = textAt(objectAt(spec, 'linux'), 'cgroupsPath');
  return {
    rootPath: textAt(objectAt(spec, 'root'), 'path'),
    cgroupsPath: cgroupsPath === undefined ? undefined : expandCgroupsPath(cgroupsPath),
    annotations: objectAt(spec, 'annotations') ?? {},
    mounts: listAt(spec, 'mounts').flatMap((mount) => bindMount(asObject(mount)) ?? []),
  };
}

/** Type is `bind` by convention only: the option is what makes it one (config.md, Mounts). */
function bindMount(mount: JsonObject | undefined): BindMount | undefined {
  const destination = textAt(mount, 'destination');
  const source = textAt(mount, 'source');
  if (destination === undefined || source === undefined) return undefined;
  const options = listAt(mount, 'options');
  const bound = textAt(mount, 'type') === 'bind' || options.includes('bind') || options.includes('rbind');
  return bound ? { destination, source } : undefined;
}
