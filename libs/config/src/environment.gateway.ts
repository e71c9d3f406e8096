/** The one place that reads the process environment. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;
