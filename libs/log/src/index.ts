export { createLogger, type Logger } from './logger.service.js';
