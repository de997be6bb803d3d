// The identity provider's error names in words that help: what happened, and what to do about it.
import { messageOf, quoted, type Words } from "./told-error.ts";

const AGAIN = "Check the latest e-mail and try again.";
const LATER = "Wait a few minutes, then try again.";
const TAKEN: Words = [
  "There is already an account with this e-mail address.",
  "Log in with it, or set a new password.",
];
const TOO_MANY: Words = ["Too many attempts.", LATER];

/** Where it helps, with the provider's own words on what is wrong. */
const WORDS: Record<string, Words | ((said: string) => Words)> = {
  AliasExistsException: TAKEN,
  CodeDeliveryFailureException: ["The code could not be sent.", "Check the e-mail address and try again."],
  CodeMismatchException: ["That code is not right.", AGAIN],
  ExpiredCodeException: ["That code is no longer valid.", "Ask for a new one."],
  ForbiddenException: ["The sign-in service refused the request.", LATER],
  InternalErrorException: ["The sign-in service failed.", "Try again in a moment."],
  InvalidParameterException: (said) => [
    `The sign-in service does not take this${quoted(said)}`,
    "Change it and try again.",
  ],
  InvalidPasswordException: (said) => [`That password is not accepted${quoted(said)}`, "Choose another one."],
  LimitExceededException: TOO_MANY,
  NetworkError: ["The sign-in service can't be reached.", "Check the connection and try again."],
  NotAuthorizedException: (said) => [
    `The sign-in service refused this${quoted(said)}`,
    "Go back to the login and start again.",
  ],
  PasswordHistoryPolicyViolationException: ["That password was used before.", "Choose another one."],
  PasswordResetRequiredException: [
    "A new password has to be set before you can log in.",
    "Ask for a code with “Forgot the password?”.",
  ],
  TooManyFailedAttemptsException: TOO_MANY,
  TooManyRequestsException: ["Too many requests at once.", "Wait a moment, then try again."],
  UserLambdaValidationException: (said) => [
    `The sign-in service does not take this${quoted(said)}`,
    "Change it and try again.",
  ],
  UserNotConfirmedException: [
    "This account is not confirmed yet.",
    "Enter the code from the e-mail, or ask for a new one.",
  ],
  UserNotFoundException: ["There is no account with this e-mail address.", "Check it, or create an account."],
  UsernameExistsException: TAKEN,
};

/** Nothing that whoever logs in could mend. */
const MISCONFIGURED = new Set([
  "InvalidEmailRoleAccessPolicyException",
  "InvalidLambdaResponseException",
  "InvalidSmsRoleAccessPolicyException",
  "InvalidSmsRoleTrustRelationshipException",
  "InvalidUserPoolConfigurationException",
  "MFAMethodNotFoundException",
  "ResourceNotFoundException",
  "SoftwareTokenMFANotFoundException",
  "UnexpectedLambdaException",
]);

/**
 * For the login only: elsewhere the same names mean something else. The pool also uses this name for an account
 * that is locked for a while, and says so.
 */
export function loginErrorMessage(error: unknown): string {
  if (!["NotAuthorizedException", "UserNotFoundException"].includes(nameOf(error)))
    return authErrorMessage(error);
  if (/attempts exceeded/i.test(saidBy(error))) return TOO_MANY.join(" ");
  return "E-mail address or password is wrong. Check both, or set a new password.";
}

/** The pool refuses to confirm an account that is past that. */
export function isAlreadyConfirmed(error: unknown): boolean {
  return nameOf(error) === "NotAuthorizedException";
}

export function authErrorMessage(error: unknown): string {
  const name = nameOf(error);
  if (MISCONFIGURED.has(name))
    return `The sign-in service is not set up right (${name}). Tell whoever runs this site.`;
  const words = WORDS[name];
  if (!words) return messageOf(error);
  return (typeof words === "function" ? words(saidBy(error)) : words).join(" ");
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
