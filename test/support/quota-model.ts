import { parseQuantity } from '#kubernetes';

/** Thousandths, by quota type. */
export type Amounts = Record<string, number>;
export const PROJECT_QUOTA: Amounts = { 'requests.cpu': 4000, pods: 20_000, 'requests.example.org/unit': 10_000 };

/** What must hold, told without knowing how it is done. */
export interface Model {
  quota: Amounts;
  /** The namespaces of the project, with what each has claimed. */
  held: Map<string, Amounts>;
  /** All that exist in the cluster. */
  live: Set<string>;
}
export type Deed = 'create' | 'import' | 'update' | 'remove' | 'delete';

export const sumOfOthers = ({ held }: Model, but: string, key: string): number =>
  [...held].reduce((sum, [name, amounts]) => sum + (name === but ? 0 : (amounts[key] ?? 0)), 0);
export const fits = (model: Model, name: string, asked: Amounts): boolean =>
  Object.entries(model.quota).every(([key, most]) => {
    const left = most - sumOfOthers(model, name, key);
    // A type of which nothing is left blocks a namespace that is new to the project.
    return (asked[key] ?? 0) <= left && (model.held.has(name) || left > 0);
  });

/** The status that is due. */
export function due(deed: Deed, model: Model, name: string, asked: Amounts): number {
  const [isHeld, isLive] = [model.held.has(name), model.live.has(name)];
  const quota = fits(model, name, asked) ? 200 : 403;
  switch (deed) {
    case 'create':
      return isHeld || isLive ? 409 : quota;
    case 'import':
      return !isLive ? 404 : isHeld ? 409 : quota;
    case 'update':
      return isHeld ? quota : 404;
    default:
      return isHeld ? 202 : 404;
  }
}

export function happen(deed: Deed, model: Model, name: string, asked: Amounts): void {
  if (deed === 'remove' || deed === 'delete') model.held.delete(name);
  else model.held.set(name, asked);
  if (deed === 'create') model.live.add(name);
  if (deed === 'delete') model.live.delete(name);
}

/** The ways in which an amount can be written. */
export const WAYS: readonly ((millis: number) => string)[] = [
  (millis) => `${millis}m`,
  (millis) => `${millis / 1000}`,
  (millis) => `${millis}e-3`,
];
export const written = (amounts: Amounts, way: number): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([key, millis]) => [key, WAYS[way]?.(millis) ?? '']));
export const amountsOf = (hard: Record<string, string> = {}): Amounts =>
  Object.fromEntries(Object.entries(hard).map(([key, text]) => [key, Number(parseQuantity(text)) / 1e6]));
