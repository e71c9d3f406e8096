import type { StatusCause } from '#errors';
import type { ContainerForm, InitContainerForm } from './container-form.dto.js';
import { resourceCauses } from './container-resources.js';
import { choiceCauses, duplicateCauses } from './form-causes.js';
import type { FormFacts } from './form-facts.js';
import type { ProbeForm } from './probe-form.dto.js';

/** Types of Secrets whose keys may become environment variables. */
const ENV_SECRET_TYPES = ['Opaque', 'kubernetes.io/basic-auth'];
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** What is wrong with the container at the path `at` beyond its single fields; `volumes` are the names that it may mount. */
export function containerCauses(
  at: string,
  container: InitContainerForm | ContainerForm,
  volumes: ReadonlySet<string>,
  facts: FormFacts,
): StatusCause[] {
  const { volumeMounts = [], ports = [], env = [], envFrom = [] } = container;
  return [
    ...resourceCauses(at, container, facts),
    ...volumeMounts.flatMap(({ name }, index) =>
      volumes.has(name)
        ? []
        : [
            {
              field: `${at}.volumeMounts[${index}].name`,
              message: `the workload has no volume "${name}": add it to volumes, or mount another`,
            },
          ],
    ),
    ...duplicateCauses(
      volumeMounts,
      ({ mountPath }) => mountPath,
      (index) => `${at}.volumeMounts[${index}].mountPath`,
      'mount at',
    ),
    ...duplicateCauses(
      ports,
      ({ containerPort, protocol = 'TCP' }) => `${containerPort}/${protocol}`,
      (index) => `${at}.ports[${index}].containerPort`,
      'port',
    ),
    ...duplicateCauses(
      ports,
      ({ name }) => name,
      (index) => `${at}.ports[${index}].name`,
      'port of the name',
    ),
    ...duplicateCauses(
      env,
      ({ name }) => name,
      (index) => `${at}.env[${index}].name`,
      'variable',
    ),
    ...env.flatMap((variable, index) => envCauses(`${at}.env[${index}]`, variable)),
    ...envFrom.flatMap((source, index) => envFromCauses(`${at}.envFrom[${index}]`, source, facts)),
    ...PROBES.flatMap((name) => {
      const probe = name in container ? (container as ContainerForm)[name] : undefined;
      return probe === undefined ? [] : probeCauses(`${at}.${name}`, probe, name === 'readinessProbe', ports);
    }),
  ];
}

function envCauses(at: string, { value, valueFrom }: NonNullable<InitContainerForm['env']>[number]): StatusCause[] {
  if (valueFrom === undefined) return [];
  if (value !== undefined) return [{ field: at, message: 'has value and valueFrom: keep one of them' }];
  return choiceCauses(`${at}.valueFrom`, valueFrom, ['configMapKeyRef', 'secretKeyRef', 'fieldRef', 'resourceFieldRef']);
}

function envFromCauses(at: string, source: NonNullable<InitContainerForm['envFrom']>[number], { secretTypes }: FormFacts): StatusCause[] {
  const causes = choiceCauses(at, source, ['configMapRef', 'secretRef']);
  const name = source.secretRef?.name;
  if (causes.length > 0 || name === undefined) return causes;
  const type = secretTypes.get(name);
  if (type !== undefined && ENV_SECRET_TYPES.includes(type)) return [];
  const message =
    type === undefined
      ? `there is no Secret "${name}" in the namespace: create it first`
      : `the Secret "${name}" is of type ${type}, and all keys of a Secret are given only of type ${ENV_SECRET_TYPES.join(' or ')}: choose such a one, or single keys by env`;
  return [{ field: `${at}.secretRef.name`, message }];
}

function probeCauses(at: string, probe: ProbeForm, mayNeedSeveral: boolean, ports: NonNullable<InitContainerForm['ports']>): StatusCause[] {
  const { protocol, port, path, headers, command, successThreshold = 0 } = probe;
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS';
  const fields = { port: protocol !== 'EXEC', path: isHttp, headers: isHttp, command: protocol === 'EXEC' };
  const given = { port, path, headers, command };
  const causes = (Object.keys(fields) as (keyof typeof fields)[])
    .filter((field) => given[field] !== undefined && !fields[field])
    .map((field): StatusCause => ({ field: `${at}.${field}`, message: `is not of ${protocol}: leave it out, or choose another protocol` }));
  if (protocol === 'EXEC' && (command ?? []).length === 0)
    causes.push({ field: `${at}.command`, message: 'is required of EXEC, such as ["cat", "/tmp/ready"]' });
  if (protocol !== 'EXEC' && port === undefined) causes.push({ field: `${at}.port`, message: `is required of ${protocol}, such as 8080` });
  if (typeof port === 'string' && !ports.some(({ name }) => name === port))
    causes.push({ field: `${at}.port`, message: `the container has no port "${port}": add it to ports, or give the number` });
  if (!mayNeedSeveral && successThreshold > 1)
    causes.push({ field: `${at}.successThreshold`, message: 'must be 0 or 1 but for a readiness probe' });
  return causes;
}
