import { type Config, SETTINGS } from './settings.js';

/** All faults of the environment at once, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from an environment. An unset or empty variable has its default.
 * An unknown `ARCHON_` variable is a fault too: a misspelt setting must not pass in silence.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS)) {
    const value = environment[setting.variable];
    try {
      config[key] = setting.read(value === undefined || value === '' ? setting.default : value);
    } catch (error) {
      faults.push(`${setting.variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const known = new Set<string>(Object.values(SETTINGS).map((setting) => setting.variable));
  for (const variable of Object.keys(environment))
    if (variable.startsWith('ARCHON_') && !known.has(variable)) faults.push(`${variable} is not a setting of Archon`);
  if (config.tls === 'files' && (config.tlsCertFile === undefined || config.tlsKeyFile === undefined))
    faults.push('ARCHON_TLS=files needs ARCHON_TLS_CERT_FILE and ARCHON_TLS_KEY_FILE');
  // Node would then believe any server, without a word of it in what is called.
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    faults.push('NODE_TLS_REJECT_UNAUTHORIZED must not be 0: certificates of clusters and identity providers are always verified');
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return config as Config;
}

/** Where the keys are that encrypt what is stored. */
export const encryptionKeyFile = ({ encryptionKeyFile: given, stateDir }: Pick<Config, 'encryptionKeyFile' | 'stateDir'>): string =>
  given ?? `${stateDir}/keys/encryption.key`;

/** The settings as a Markdown table: variable, default, meaning. */
export function describeSettings(): string {
  const rows = Object.values(SETTINGS).map(
    (s) => `| \`${s.variable}\` | ${s.default === '' ? '' : `\`${s.default}\``} | ${s.description} |`,
  );
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
