// What can go wrong between the app and its APIs, as one type. The status decides; bodies come in two shapes,
// the API's own and its gateway's, and only add words to it.

export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds the server asks to wait. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    message: string,
    details: Partial<Pick<ApiError, "code" | "fields" | "retryAfter">> = {},
  ) {
    super(message);
    this.status = status;
    this.code = details.code ?? "";
    this.fields = details.fields ?? {};
    this.retryAfter = details.retryAfter ?? null;
  }

  /** The same request may well succeed a moment later. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The session is over: a fresh token was refused, or there is none to be had. */
export class SessionEndedError extends Error {
  override readonly name = "SessionEndedError";

  constructor() {
    super("Your session has ended. Log in to go on.");
  }
}

export function unreachable(): ApiError {
  return new ApiError(0, "The server can't be reached. Check the connection and try again.");
}

export function notThere(): ApiError {
  return new ApiError(404, wording(404, "", null));
}

export async function readError(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's page or an empty body: the status alone has to do.
  }
  return toApiError(response.status, body, response.headers.get("retry-after"));
}

export function toApiError(status: number, body: unknown, retryAfter: string | null = null): ApiError {
  const own = record(record(body)["error"]);
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) : null;
  const said = text(own["message"]) || (own["code"] === undefined ? text(record(body)["message"]) : "");
  return new ApiError(status, wording(status, said, seconds), {
    code: text(own["code"]),
    fields: fieldsOf(own["fields"]),
    retryAfter: seconds,
  });
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** What to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : "Something went wrong. Try again.";
}

/** The same, with what is wrong with single fields: for where no form shows it beside them. */
export function fullMessageOf(error: unknown): string {
  const fields = error instanceof ApiError ? Object.entries(error.fields) : [];
  return [messageOf(error), ...fields.map(([name, said]) => `${name}: ${said}`)].join(" ");
}

function wording(status: number, said: string, seconds: number | null): string {
  if (status === 403) return "This login may not do that. Log out, and log in as the right user.";
  if (status === 404) return "What you asked for does not exist, or it was deleted. Go back to your todos.";
  if (status === 413) return "That is too large for the server. Make it smaller and try again.";
  if (status === 429)
    return `Too many requests at once. Try again ${seconds ? `in ${seconds} s` : "in a moment"}.`;
  if (status >= 500)
    return `The server failed: ${said || status}${said.endsWith(".") ? "" : "."} Try again in a moment.`;
  return said || `The server refused the request (${status}). Reload the page and try again.`;
}

function fieldsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value)).filter((entry): entry is [string, string] => {
    return typeof entry[1] === "string";
  });
  return Object.fromEntries(entries);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
