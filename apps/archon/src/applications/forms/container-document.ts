import type { ContainerForm, InitContainerForm } from './container-form.dto.js';
import { containerResources } from './container-resources.js';
import type { NamespaceLimits } from './namespace-limits.js';
import type { ProbeForm } from './probe-form.dto.js';

/** By these variables the log collection of a cluster finds the files of a container. */
const LOG_FILES = '__FILE_LOG_PATH__';
const EXCLUDED_LOG_FILES = '__EXCLUDE_LOG_PATH__';

/** A container of a Pod template. */
export function toContainer(container: ContainerForm | InitContainerForm, limits: NamespaceLimits): Record<string, unknown> {
  const { resources, extendedResources, ports, env = [], ...rest } = container;
  const { livenessProbe, readinessProbe, startupProbe, logFiles, excludedLogFiles, preStop, ...fields } = rest as Partial<ContainerForm>;
  const variables = [...env, ...listed(LOG_FILES, logFiles), ...listed(EXCLUDED_LOG_FILES, excludedLogFiles)];
  return {
    ...fields,
    resources: containerResources({ resources, extendedResources }, limits),
    // Protocol is part of the key by which a cluster merges ports.
    ports: ports?.map(({ protocol = 'TCP', ...port }) => ({ ...port, protocol })),
    env: variables.length === 0 ? undefined : variables,
    livenessProbe: toProbe(livenessProbe),
    readinessProbe: toProbe(readinessProbe),
    startupProbe: toProbe(startupProbe),
    lifecycle: preStop && { preStop: { exec: preStop } },
  };
}

const listed = (name: string, files: readonly string[] = []) => (files.length === 0 ? [] : [{ name, value: files.join(',') }]);

/** Undefined also for a probe whose failures are to do nothing, which Kubernetes doesn't know. */
function toProbe(probe: ProbeForm | undefined): Record<string, unknown> | undefined {
  if (probe === undefined || probe.failureThreshold === 0) return undefined;
  return {
    ...handlerOf(probe),
    initialDelaySeconds: probe.initialDelaySeconds ?? 300,
    periodSeconds: probe.periodSeconds ?? 60,
    timeoutSeconds: probe.timeoutSeconds ?? 30,
    successThreshold: Math.max(probe.successThreshold ?? 0, 1),
    failureThreshold: probe.failureThreshold ?? 5,
  };
}

function handlerOf({ protocol, port, path = '/', headers, command }: ProbeForm): Record<string, unknown> {
  if (protocol === 'EXEC') return { exec: { command } };
  return protocol === 'TCP' ? { tcpSocket: { port } } : { httpGet: { scheme: protocol, port, path, httpHeaders: headers } };
}
