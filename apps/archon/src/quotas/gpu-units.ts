import { extendedResourceOf } from './quota-names.js';

/** How GPUs are counted: whole devices, hundredths of a device's computing power, or 256 MiB (or 1 MiB) of its memory. */
export type GpuUnit = 'pGPU' | 'vGPU' | '256Mi' | 'Mi';

/** 100 vGPU are the computing power of one physical GPU. */
const VGPU_PER_PGPU = 100n;
const MEBI = 1024n ** 2n * 10n ** 9n;

const GPU_UNITS: Record<string, GpuUnit> = {
  'nvidia.com/gpu': 'pGPU',
  'nvidia.com/gpualloc': 'pGPU',
  'nvidia.com/gpucores': 'vGPU',
  'nvidia.com/gpumem': 'Mi',
  'tencent.com/vcuda-core': 'vGPU',
  'tencent.com/vcuda-memory': '256Mi',
};

/** The unit in which a resource of GPUs is counted; undefined for all other resources. */
export const gpuUnitOfResource = (resource: string): GpuUnit | undefined =>
  Object.hasOwn(GPU_UNITS, resource) ? GPU_UNITS[resource] : undefined;

/** The unit in which a quota type of GPUs is counted; undefined for all other types. */
export function gpuUnit(key: string): GpuUnit | undefined {
  const resource = extendedResourceOf(key);
  return resource === undefined ? undefined : gpuUnitOfResource(resource);
}

/**
 * Why an amount of GPUs can't be meant as it is written, with what to write. A cluster would take `4Gi` of GPU memory for four
 * billion units.
 */
export function refusedGpuAmount(unit: GpuUnit, text: string, nanos: bigint): string | undefined {
  if (nanos % 10n ** 9n !== 0n) return wholeUnits(unit, nanos);
  if (!text.endsWith('i')) return undefined;
  if (unit === 'pGPU' || unit === 'vGPU') return `counts ${unit} and has no binary suffix: write a whole number`;
  const size = unit === '256Mi' ? 256n * MEBI : MEBI;
  const remedy = nanos % size === 0n ? `write ${nanos / size}` : `${text} is no multiple of it`;
  return `counts units of ${unit === 'Mi' ? '1 MiB' : '256 MiB (4 units are 1 GiB)'}: ${remedy}`;
}

function wholeUnits(unit: GpuUnit, nanos: bigint): string {
  const vGpus = nanos * VGPU_PER_PGPU;
  if (unit !== 'pGPU') return `counts whole units${unit === 'vGPU' ? ' (100 vGPU are one physical GPU)' : ''}: write a whole number`;
  const share = vGpus > 0n && vGpus % 10n ** 9n === 0n ? `: this share is ${vGpus / 10n ** 9n} vGPU` : '';
  return `counts physical GPUs, whole numbers only; shares of a GPU are given as vGPU, 100 for one GPU${share}`;
}
