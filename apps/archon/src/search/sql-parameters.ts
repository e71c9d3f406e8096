/** The values of a statement while its text is put together: nothing of a caller's stands in the text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** Gives the place of a value in the text, with its type. */
  add(value: unknown, type: string): string {
    // Thousands of numbers, which the driver would look at one by one.
    this.values.push(type === 'int[]' && Array.isArray(value) ? `{${value.join(',')}}` : value);
    return `$${this.values.length}::${type}`;
  }
}
