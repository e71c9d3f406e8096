import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject } from 'vitest';
import { proxyKubeconfig } from '../../scripts/local/proxy-kubeconfig.js';
import type { Archon } from './archon.js';

const GUIDES = path.join(import.meta.dirname, '../../docs/guide');
const MARK = '--- the next block ---';

/** A block of commands of the guide, with what it says that they print. */
interface Commands {
  commands: string;
  expected: { kind: string; text: string } | undefined;
}

/**
 * Runs the commands of a guide in their order, as somebody does in a checkout where `npm run up` has run, and compares what they print with what the
 * guide says. `names` are what objects of the guide are called here: clusters are shared by all tests.
 */
export async function expectGuide(
  archon: Archon,
  file: string,
  { clusters, names }: { clusters: string[]; names: Record<string, string> },
): Promise<void> {
  const guide = Object.entries(names).reduce(
    (all, [name, here]) => all.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), here),
    await readFile(path.join(GUIDES, file), 'utf8'),
  );
  const blocks = blocksOf(guide);
  const [definitions, ...steps] = blocks;
  expect(definitions?.expected).toBeUndefined();
  expect(steps.length).toBeGreaterThan(5);
  const printed = (await run(await checkoutOf(archon, clusters), blocks)).slice(1);
  for (const [index, { commands, expected }] of steps.entries()) {
    const answer = printed[index] ?? '';
    if (expected?.kind === 'json') expect(documents(answer), commands).toMatchObject(documents(expected.text));
    else expect([expected?.kind, answer], commands).toEqual(['text', expected?.text.trim()]);
  }
}

/** As `npm run up` leaves a checkout. */
async function checkoutOf(archon: Archon, clusters: string[]): Promise<string> {
  const checkout = await mkdtemp(path.join(archon.state, 'checkout-'));
  await mkdir(path.join(checkout, '.archon'));
  const caFile = path.join(archon.state, 'tls', 'ca.crt');
  const { url } = archon.client;
  await writeFile(path.join(checkout, '.archon/connection.json'), JSON.stringify({ url, caFile, token: archon.token }));
  await writeFile(path.join(checkout, '.archon/kubeconfig'), proxyKubeconfig(url, await readFile(caFile, 'utf8'), archon.token, clusters));
  return checkout;
}

function blocksOf(guide: string): Commands[] {
  const fences = [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind = '', content = '']) => ({ kind, text: content }));
  return fences.flatMap(({ kind, text: commands }, index) => {
    const next = fences[index + 1];
    return kind === 'sh' ? [{ commands, expected: next?.kind === 'sh' ? undefined : next }] : [];
  });
}

/** What each block prints, run by one shell after the other. */
async function run(checkout: string, blocks: readonly Commands[]): Promise<string[]> {
  const script = blocks.map(({ commands }) => `${commands}\necho\necho '${MARK}'\n`).join('');
  const env = { PATH: `${path.dirname(inject('environment').kubectl)}:${process.env.PATH ?? ''}`, HOME: checkout };
  const shell = spawn('bash', ['-u', '-c', script], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  const printed = stdout.split(`${MARK}\n`).slice(0, -1);
  expect(printed.length, stderr).toBe(blocks.length);
  return printed.map((each) => each.trim());
}

/** One value, or one on each line. */
function documents(json: string): unknown[] {
  try {
    return [JSON.parse(json)];
  } catch {
    return json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }
}
