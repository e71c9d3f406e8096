const REDRAW_MS = 100;
const PLAIN_REPORT_MS = 15_000;

/** A failure with its explanation in the message: shown without a stack. */
export class StepError extends Error {
  name = 'StepError';
}

/**
 * Shows steps as they run, side by side when they run side by side: name, seconds, what is waited for. On a terminal the running
 * steps are redrawn in place; elsewhere each start, end and every 15 s of waiting is a line.
 * @param {NodeJS.WriteStream} stream
 */
export function createProgress(stream) {
  const running = new Set();
  const view = stream.isTTY ? createTerminalView(stream, running) : createPlainView(stream, running);
  return {
    /**
     * @template T
     * @param {string} name
     * @param {(waitingFor: (what: string) => void) => Promise<T>} work
     * @returns {Promise<T>} what `work` returns; its failure passes through
     */
    async step(name, work) {
      const step = { name, started: performance.now(), waitingFor: '', reported: performance.now() };
      running.add(step);
      view.begin(step);
      try {
        const result = await work((what) => {
          step.waitingFor = what;
        });
        running.delete(step);
        view.end(step, 'done');
        return result;
      } catch (error) {
        running.delete(step);
        view.end(step, 'failed');
        throw error;
      }
    },
    /** A line that stays. */
    note: (text) => view.note(text),
  };
}

const seconds = (step) => `${((performance.now() - step.started) / 1000).toFixed(1)} s`;
const line = (step, mark) => `${mark} ${step.name.padEnd(28)} ${seconds(step).padStart(8)}`;
const waiting = (step) => (step.waitingFor === '' ? '' : `  waiting for ${step.waitingFor}`);

function createTerminalView(stream, running) {
  let drawn = 0;
  let timer;
  const erase = () => (drawn > 0 ? `\x1b[${drawn}A\x1b[0J` : '');
  const draw = (lasting = '') => {
    const width = (stream.columns || 80) - 1;
    const lines = [...running].map((step) => `${line(step, '…')}${waiting(step)}`.slice(0, width));
    stream.write(erase() + lasting + lines.map((text) => `${text}\n`).join(''));
    drawn = lines.length;
  };
  return {
    begin() {
      timer ??= setInterval(draw, REDRAW_MS, '').unref();
      draw();
    },
    end(step, outcome) {
      if (running.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      draw(`${line(step, outcome === 'done' ? '✓' : '✗')}\n`);
    },
    note: (text) => draw(`${text}\n`),
  };
}

function createPlainView(stream, running) {
  let timer;
  const report = () => {
    for (const step of running) {
      if (performance.now() - step.reported < PLAIN_REPORT_MS) continue;
      step.reported = performance.now();
      stream.write(`${line(step, '…')}${waiting(step)}\n`);
    }
  };
  return {
    begin(step) {
      timer ??= setInterval(report, 1000).unref();
      stream.write(`… ${step.name}\n`);
    },
    end(step, outcome) {
      if (running.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      stream.write(`${line(step, outcome === 'done' ? '✓' : '✗')}\n`);
    },
    note: (text) => stream.write(`${text}\n`),
  };
}
