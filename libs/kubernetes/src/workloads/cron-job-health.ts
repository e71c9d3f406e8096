import type { KubernetesObject } from '../kubernetes-object.js';
import { reader, settled, type WorkloadHealth } from './workload-health.js';

/** A CronJob waits most of its life: it runs unless it is suspended. `current` counts its active Jobs. */
export function cronJobHealth(object: KubernetesObject): WorkloadHealth {
  const active = (object.status as { active?: unknown[] } | undefined)?.active?.length ?? 0;
  return settled(reader(object).flag('spec', 'suspend') ? 'Stopped' : 'Running', active, active);
}
