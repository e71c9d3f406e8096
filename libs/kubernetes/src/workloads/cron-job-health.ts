import type { KubernetesObject } from '../kubernetes-object.js';
import { pending, reader, settled, type WorkloadHealth } from './workload-health.js';

/** A CronJob waits most of its life: it runs unless it is suspended. `current` counts its active Jobs, which a suspension lets end. */
export function cronJobHealth(object: KubernetesObject): WorkloadHealth {
  const active = (object.status as { active?: unknown[] } | undefined)?.active?.length ?? 0;
  if (!reader(object).flag('spec', 'suspend')) return settled('Running', active, active);
  return active === 0 ? settled('Stopped', 0, 0) : pending(active, 0, 'Stopping', `${active} Jobs are not over yet`);
}
