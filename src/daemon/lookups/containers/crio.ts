import { SANDBOX_NAME, shortName } from './container.ts';
import type { ContainerState } from './container.ts';
import { asObject, parseJson, textAt } from '../../../json.ts';
import type { OciSpec } from './oci-spec.ts';

/**
 * Whether CRI-O made this spec. It says so in the ones of 1.18 and later we saw; Podman, which uses
 * some of the same annotations, says `libpod`.
 */
export function isCrio({ annotations }: Pick<OciSpec, 'annotations'>): boolean {
  const manager = textAt(annotations, 'io.container.manager');
  if (manager !== undefined) return manager === 'cri-o';
  return textAt(annotations, 'io.kubernetes.cri-o.ContainerType') !== undefined;
}

/**
 * Names from the annotations CRI-O writes into a spec (containers/podman and cri-o
 * pkg/annotations) and the labels the kubelet adds (`io.kubernetes.pod.…`).
 */
export function describeCrio(
  { annotations }: Pick<OciSpec, 'annotations'>,
  containerId: string,
): Pick<ContainerState, 'runtime' | 'name' | 'pod' | 'namespace' | 'podUid' | 'image'> {
  const kubelet = (key: string): string | undefined => textAt(annotations, `io.kubernetes.${key}`);
  const crio = (key: string): string | undefined => kubelet(`cri-o.${key}`);
  const metadata = asObject(parseJson(crio('Metadata') ?? ''));
  const sandbox = crio('ContainerType') === 'sandbox' ? SANDBOX_NAME : undefined;
  return {
    runtime: 'cri-o',
    name: sandbox ?? kubelet('container.name') ?? textAt(metadata, 'name') ?? shortName(containerId),
    pod: kubelet('pod.name') ?? null,
    namespace: kubelet('pod.namespace') ?? null,
    podUid: kubelet('pod.uid') ?? null,
    image: crio('ImageName') ?? crio('Image') ?? null,
  };
}
