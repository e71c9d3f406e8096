import type { Lab, Progress } from '#lab';
import { measure, type Measurement } from './load.js';
import { rotate } from './statistics.js';
import type { Subject } from './subjects.js';

export interface Workload {
  name: string;
  path: string;
  connections: number;
  /** Requests per second, begun whatever happens to earlier ones; without it as many as the connections allow. */
  rate?: number;
}

/** What each subject did in each round: `rounds[n][name]`. */
export interface Comparison {
  target: string;
  workload: string;
  rounds: Record<string, Measurement>[];
}

/** So long until the engines have compiled what is hot. */
const WARM_UP_SECONDS = 4;

/** Measures the subjects in turns, after a warm-up of each, so that what else happens on the machine meets all of them. */
export async function compare(
  lab: Lab,
  target: string,
  subjects: Subject[],
  { name, path, connections, rate }: Workload,
  { rounds, seconds }: { rounds: number; seconds: number },
  progress: Progress,
): Promise<Comparison> {
  const load = ({ request, pid }: Subject, duration: number) =>
    measure(
      lab.tools.lab,
      { ...request, url: request.url + path, connections, seconds: duration, ...(rate === undefined ? {} : { rate }) },
      pid,
    );
  return await progress.step(`${target}, ${name}`, async (waitingFor) => {
    waitingFor('the warm-up');
    for (const subject of subjects) await load(subject, WARM_UP_SECONDS);
    const results: Comparison['rounds'] = [];
    for (let round = 0; round < rounds; round++) {
      const measured: Record<string, Measurement> = {};
      for (const subject of rotate(subjects, round)) {
        waitingFor(`round ${round + 1} of ${rounds}: ${subject.name}`);
        measured[subject.name] = await load(subject, seconds);
      }
      results.push(measured);
    }
    return { target, workload: name, rounds: results };
  });
}
