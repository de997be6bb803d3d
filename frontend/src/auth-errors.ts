// The identity provider's error names in words that help; anything unknown keeps its own message.

const MESSAGES: Record<string, string> = {
  AliasExistsException: "There is already an account with this e-mail address.",
  CodeMismatchException: "That code is not right. Check the latest e-mail and try again.",
  ExpiredCodeException: "That code is no longer valid. Ask for a new one.",
  LimitExceededException: "Too many attempts. Wait a few minutes, then try again.",
  NetworkError: "The sign-in service can't be reached. Check the connection and try again.",
  NotAuthorizedException: "E-mail address or password is wrong.",
  PasswordHistoryPolicyViolationException: "That password was used before. Choose another one.",
  TooManyFailedAttemptsException: "Too many attempts. Wait a few minutes, then try again.",
  TooManyRequestsException: "Too many requests at once. Wait a moment, then try again.",
  UserNotConfirmedException: "This account is not confirmed yet.",
  UserNotFoundException: "E-mail address or password is wrong.",
  UsernameExistsException: "There is already an account with this e-mail address.",
};

export function authErrorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

export function authErrorMessage(error: unknown): string {
  const known = MESSAGES[authErrorName(error)];
  if (known) return known;
  if (error instanceof Error && error.message !== "") return error.message;
  return "Something went wrong. Try again.";
}
