export { environment } from './environment.gateway.js';
export { ConfigError, describeSettings, encryptionKeyFile, loadConfig } from './load-config.js';
export { Secret } from './secret.js';
export type { Config } from './settings.js';
