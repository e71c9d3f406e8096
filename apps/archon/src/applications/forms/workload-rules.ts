import type { StatusCause } from '#errors';
import { containerCauses } from './container-rules.js';
import { choiceCauses, duplicateCauses } from './form-causes.js';
import type { FormFacts } from './form-facts.js';
import { networkCauses } from './network-annotations.js';
import { strategyCauses } from './rolling-update.js';
import type { PodAffinityForm, WorkloadForm } from './workload-form.dto.js';
import { podLabelValue } from './workload-document.js';

const AT = 'spec.workload';
const MAX_LABEL_VALUE = 63;

/** What is wrong with the workload of a form beyond its single fields. */
export function workloadCauses(workload: WorkloadForm, facts: FormFacts): StatusCause[] {
  const { volumes = [], volumeClaimTemplates = [], containers, initContainers = [], affinity = [], imagePullSecrets = [] } = workload;
  const named = [
    ...containers.map((container, index) => ({ container, at: `${AT}.containers[${index}]` })),
    ...initContainers.map((container, index) => ({ container, at: `${AT}.initContainers[${index}]` })),
  ];
  const mountable = [
    ...volumes.map(({ name }, index) => ({ name, at: `${AT}.volumes[${index}]` })),
    ...volumeClaimTemplates.map(({ name }, index) => ({ name, at: `${AT}.volumeClaimTemplates[${index}]` })),
  ];
  const volumeNames = new Set(mountable.map(({ name }) => name));
  return [
    ...kindCauses(workload),
    ...strategyCauses(`${AT}.updateStrategy`, workload),
    ...duplicateCauses(
      mountable,
      ({ name }) => name,
      (index) => `${mountable[index]?.at}.name`,
      'volume',
    ),
    ...volumes.flatMap((volume, index) => volumeCauses(`${AT}.volumes[${index}]`, volume, facts)),
    ...duplicateCauses(
      imagePullSecrets,
      (name) => name,
      (index) => `${AT}.imagePullSecrets[${index}]`,
      'Secret',
    ),
    ...affinity.flatMap((rule, index) => affinityCauses(`${AT}.affinity[${index}]`, rule)),
    ...networkCauses(AT, workload),
    ...duplicateCauses(
      named,
      ({ container }) => container.name,
      (index) => `${named[index]?.at}.name`,
      'container',
    ),
    ...named.flatMap(({ container, at }) => containerCauses(at, container, volumeNames, facts)),
  ];
}

function kindCauses(workload: WorkloadForm): StatusCause[] {
  const { kind, name, replicas, volumeClaimTemplates } = workload;
  const causes: StatusCause[] = [];
  const excess = podLabelValue(workload).length - MAX_LABEL_VALUE;
  if (excess > 0) causes.push({ field: `${AT}.name`, message: `of a ${kind} must have at most ${name.length - excess} characters` });
  if (kind === 'DaemonSet' && replicas !== undefined)
    causes.push({ field: `${AT}.replicas`, message: 'is not of a DaemonSet, which has one Pod on each node: leave it out' });
  if (kind !== 'StatefulSet' && volumeClaimTemplates !== undefined)
    causes.push({ field: `${AT}.volumeClaimTemplates`, message: `is not of a ${kind}: use a volume, or a StatefulSet` });
  return causes;
}

function volumeCauses(at: string, volume: NonNullable<WorkloadForm['volumes']>[number], { claims }: FormFacts): StatusCause[] {
  const causes = choiceCauses(at, volume, ['persistentVolumeClaim', 'configMap', 'secret', 'emptyDir', 'hostPath', 'ephemeral']);
  const claim = volume.persistentVolumeClaim?.claimName;
  const phase = claim === undefined ? 'Bound' : claims.get(claim);
  if (phase === 'Bound') return causes;
  const message =
    phase === undefined
      ? `there is no PersistentVolumeClaim "${claim}" in the namespace: create it first`
      : `the PersistentVolumeClaim "${claim}" is not bound but ${phase}: wait until it is bound, or choose another`;
  return [...causes, { field: `${at}.persistentVolumeClaim.claimName`, message }];
}

function affinityCauses(at: string, { mode, matchLabels, weight }: PodAffinityForm): StatusCause[] {
  const causes: StatusCause[] = [];
  if (Object.keys(matchLabels).length === 0)
    causes.push({ field: `${at}.matchLabels`, message: 'must name at least one label of the other Pods' });
  if (mode === 'Required' && weight !== undefined)
    causes.push({ field: `${at}.weight`, message: 'is not of a required rule, which always counts: leave it out, or make it Preferred' });
  return causes;
}
