import { invalid, type StatusCause } from '#errors';

export const POD_SECURITY_MODES = ['enforce', 'audit', 'warn'] as const;
export const POD_SECURITY_LEVELS = ['privileged', 'baseline', 'restricted'] as const;

type PodSecurityMode = (typeof POD_SECURITY_MODES)[number];
export type PodSecurityLevel = (typeof POD_SECURITY_LEVELS)[number];
/** The levels of a namespace; a mode that is left out is not set. */
export type PodSecurity = Partial<Record<PodSecurityMode, PodSecurityLevel>>;

const PREFIX = 'pod-security.kubernetes.io/';

/** Reads levels as a client gives them. Throws 422 that names each wrong one. */
export function readPodSecurity(field: string, levels: Readonly<Record<string, unknown>>): PodSecurity {
  const causes: StatusCause[] = [];
  const read: PodSecurity = {};
  for (const [key, value] of Object.entries(levels)) {
    const mode = POD_SECURITY_MODES.find((name) => name === key);
    const level = POD_SECURITY_LEVELS.find((name) => name === value);
    if (mode === undefined) causes.push({ field: `${field}.${key}`, message: `is not a mode: set ${POD_SECURITY_MODES.join(', ')}` });
    else if (level === undefined) causes.push({ field: `${field}.${key}`, message: `must be one of ${POD_SECURITY_LEVELS.join(', ')}` });
    else read[mode] = level;
  }
  if (causes.length > 0) throw invalid('the pod security', causes);
  return read;
}

/** What labels say of pod security that Kubernetes would refuse or pass over. */
export const podSecurityCauses = (field: string, labels: Readonly<Record<string, string>>): StatusCause[] =>
  POD_SECURITY_MODES.filter((mode) => {
    const label = labels[`${PREFIX}${mode}`];
    return label !== undefined && !POD_SECURITY_LEVELS.some((level) => level === label);
  }).map((mode) => ({ field: `${field}[${PREFIX}${mode}]`, message: `must be one of ${POD_SECURITY_LEVELS.join(', ')}` }));

export const podSecurityLabels = (levels: PodSecurity): Record<string, string> =>
  Object.fromEntries(Object.entries(levels).map(([mode, level]) => [`${PREFIX}${mode}`, level]));

export const podSecurityOf = (labels: Readonly<Record<string, string>>): PodSecurity =>
  Object.fromEntries(
    POD_SECURITY_MODES.flatMap((mode) => {
      const level = POD_SECURITY_LEVELS.find((name) => name === labels[`${PREFIX}${mode}`]);
      return level === undefined ? [] : [[mode, level]];
    }),
  );
