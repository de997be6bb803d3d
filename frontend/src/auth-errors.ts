// The identity provider's error names in words that help; anything unknown keeps its own message.
import { messageOf } from "./api-error.ts";

const MESSAGES: Record<string, string> = {
  AliasExistsException: "There is already an account with this e-mail address.",
  CodeMismatchException: "That code is not right. Check the latest e-mail and try again.",
  ExpiredCodeException: "That code is no longer valid. Ask for a new one.",
  LimitExceededException: "Too many attempts. Wait a few minutes, then try again.",
  NetworkError: "The sign-in service can't be reached. Check the connection and try again.",
  PasswordHistoryPolicyViolationException: "That password was used before. Choose another one.",
  TooManyFailedAttemptsException: "Too many attempts. Wait a few minutes, then try again.",
  TooManyRequestsException: "Too many requests at once. Wait a moment, then try again.",
  UserNotConfirmedException: "This account is not confirmed yet.",
  UsernameExistsException: "There is already an account with this e-mail address.",
};

function authErrorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/**
 * For the login only: elsewhere the same names mean something else. The pool also uses this name for an account
 * that is locked for a while, and says so.
 */
export function loginErrorMessage(error: unknown): string {
  const refused = ["NotAuthorizedException", "UserNotFoundException"].includes(authErrorName(error));
  if (!refused || /attempts exceeded/i.test(messageOf(error))) return authErrorMessage(error);
  return "E-mail address or password is wrong.";
}

/** The pool refuses to confirm an account that is past that. */
export function isAlreadyConfirmed(error: unknown): boolean {
  return authErrorName(error) === "NotAuthorizedException";
}

export function authErrorMessage(error: unknown): string {
  return MESSAGES[authErrorName(error)] ?? messageOf(error);
}
