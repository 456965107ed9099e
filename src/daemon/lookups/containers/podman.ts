import { shortName } from './container.ts';
import type { ContainerState } from './container.ts';
import { asList, asObject, listAt, parseJson, textAt } from '../../../json.ts';

/** What containers/storage's index says of a container. */
export interface StorageRecord {
  readonly name?: string;
  readonly image?: string;
}

/**
 * Reads an index of containers/storage (`containers.json`): names, and the image from `metadata`,
 * which is JSON inside a string. Shape seen in Podman 4.3.
 *
 * @returns by container id; empty when the text is not such a list
 */
export function parseStorageIndex(text: string): Map<string, StorageRecord> {
  const records = new Map<string, StorageRecord>();
  for (const entry of asList(parseJson(text))) {
    const container = asObject(entry);
    const id = textAt(container, 'id');
    if (id === undefined) continue;
    const name = listAt(container, 'names').find((value) => typeof value === 'string');
    const image = textAt(asObject(parseJson(textAt(container, 'metadata') ?? '')), 'image-name');
    records.set(id, { ...(name !== undefined && { name }), ...(image !== undefined && { image }) });
  }
  return records;
}

/**
 * Name and image of a Podman container, whose spec holds neither.
 *
 * @param indexes the texts of the storage's indexes that exist
 */
export function describePodman(
  indexes: readonly string[],
  containerId: string,
): Pick<ContainerState, 'runtime' | 'name' | 'pod' | 'namespace' | 'podUid' | 'image'> {
  const record = indexes
    .map((text) => parseStorageIndex(text).get(containerId))
    .find((found) => found !== undefined);
  return {
    runtime: 'podman',
    name: record?.name ?? shortName(containerId),
    pod: null,
    namespace: null,
    podUid: null,
    image: record?.image ?? null,
  };
}
