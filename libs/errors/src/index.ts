export { ApiError, type Reason, type Status, type StatusCause, type StatusDetails } from './api-error.js';
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  gatewayTimeout,
  invalid,
  methodNotAllowed,
  notAcceptable,
  notFound,
  requestTooLarge,
  unauthorized,
  unavailable,
  unsupportedMediaType,
} from './reasons.js';
