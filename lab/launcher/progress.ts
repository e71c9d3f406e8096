/** Where the lab tells what it does. A step may take minutes; `waitingFor` says what for, in a few words. */
export interface Progress {
  step<T>(name: string, work: (waitingFor: (what: string) => void) => Promise<T>): Promise<T>;
}

export const silent: Progress = { step: (_name, work) => work(() => undefined) };
