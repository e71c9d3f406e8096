export { createLogger, type Logger } from './logger.service.js';
export { RequestLog } from './request-log.service.js';
