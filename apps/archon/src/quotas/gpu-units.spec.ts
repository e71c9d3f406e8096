import { describe, expect, it } from 'vitest';
import { parseQuantity } from '#kubernetes';
import { gpuUnit, refusedGpuAmount } from './gpu-units.js';

describe('gpuUnit', () => {
  it.each([
    ['requests.nvidia.com/gpu', 'pGPU'],
    ['requests.nvidia.com/gpualloc', 'pGPU'],
    ['requests.nvidia.com/gpucores', 'vGPU'],
    ['requests.nvidia.com/gpumem', 'Mi'],
    ['requests.tencent.com/vcuda-core', 'vGPU'],
    ['requests.tencent.com/vcuda-memory', '256Mi'],
    ['requests.cpu', undefined],
    ['requests.example.com/fpga', undefined],
    ['requests.nvidia.com/constructor', undefined],
  ])('of %s is %s', (key, unit) => {
    expect(gpuUnit(key)).toBe(unit);
  });
});

describe('refusedGpuAmount', () => {
  it.each([
    ['pGPU', '0', undefined],
    ['pGPU', '3', undefined],
    ['pGPU', '1k', undefined],
    ['pGPU', '3000m', undefined],
    ['pGPU', '1.5', 'counts physical GPUs, whole numbers only; shares of a GPU are given as vGPU, 100 for one GPU: this share is 150 vGPU'],
    ['pGPU', '10m', 'counts physical GPUs, whole numbers only; shares of a GPU are given as vGPU, 100 for one GPU: this share is 1 vGPU'],
    ['pGPU', '1m', 'counts physical GPUs, whole numbers only; shares of a GPU are given as vGPU, 100 for one GPU'],
    ['pGPU', '1Ki', 'counts pGPU and has no binary suffix: write a whole number'],
    ['vGPU', '100', undefined],
    ['vGPU', '50', undefined],
    ['vGPU', '0.5', 'counts whole units (100 vGPU are one physical GPU): write a whole number'],
    ['vGPU', '4Gi', 'counts vGPU and has no binary suffix: write a whole number'],
    ['256Mi', '4', undefined],
    ['256Mi', '2.5', 'counts whole units: write a whole number'],
    ['256Mi', '256Mi', 'counts units of 256 MiB (4 units are 1 GiB): write 1'],
    ['256Mi', '1Gi', 'counts units of 256 MiB (4 units are 1 GiB): write 4'],
    ['256Mi', '1.5Gi', 'counts units of 256 MiB (4 units are 1 GiB): write 6'],
    ['256Mi', '300Mi', 'counts units of 256 MiB (4 units are 1 GiB): 300Mi is no multiple of it'],
    ['Mi', '512', undefined],
    ['Mi', '1Gi', 'counts units of 1 MiB: write 1024'],
    ['Mi', '1Ki', 'counts units of 1 MiB: 1Ki is no multiple of it'],
  ] as const)('in %s, %s: %s', (unit, text, refused) => {
    expect(refusedGpuAmount(unit, text, parseQuantity(text) ?? -1n)).toBe(refused);
  });
});
