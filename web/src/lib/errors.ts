/** Anything that was thrown, as an error with words for people. */
import { ApiError } from '../api/client';

export function asError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}
