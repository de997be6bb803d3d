// What can go wrong between the app and its APIs, as one type. The status decides; bodies come in two shapes,
// the API's own and its gateway's, and only add to it.
import { refusedWords, type Subject } from "./refused-words.ts";
import { messageOf, ToldError, type Words } from "./told-error.ts";

export class ApiError extends ToldError {
  override readonly name = "ApiError";
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds the server asks to wait. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    words: Words,
    details: Partial<Pick<ApiError, "code" | "fields" | "retryAfter">> = {},
  ) {
    super(words);
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
export class SessionEndedError extends ToldError {
  override readonly name = "SessionEndedError";

  constructor() {
    super(["Your session has ended.", "Log in to go on."]);
  }
}

export function unreachable(): ApiError {
  return new ApiError(0, ["The server can't be reached.", "Check the connection and try again."]);
}

/** As the API would answer for a todo whose deletion it has not heard of yet. */
export function notThere(): ApiError {
  return toApiError(404, null, "todo");
}

export async function readError(response: Response, about: Subject): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's page or an empty body: the status alone has to do.
  }
  return toApiError(response.status, body, about, response.headers.get("retry-after"));
}

export function toApiError(
  status: number,
  body: unknown,
  about: Subject,
  retryAfter: string | null = null,
): ApiError {
  const own = record(record(body)["error"]);
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) : null;
  const said = text(own["message"]) || text(record(body)["message"]);
  return new ApiError(status, refusedWords(status, about, said, seconds), {
    code: text(own["code"]),
    fields: fieldsOf(own["fields"]),
    retryAfter: seconds,
  });
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** With what is wrong with single fields: for where no form shows it beside them. */
export function fullMessageOf(error: unknown): string {
  return [messageOf(error), ...Object.values(fieldErrorsOf(error))].join(" ");
}

/** What is wrong with each field, as sentences. */
export function fieldErrorsOf(error: unknown): Record<string, string> {
  const fields = error instanceof ApiError ? Object.entries(error.fields) : [];
  return Object.fromEntries(
    fields.map(([name, said]) => [name, `${LABELS[name] ?? name} ${said.replace(/\.$/, "")}.`]),
  );
}

/** The fields that the user knows by other names. */
const LABELS: Record<string, string> = {
  title: "The title",
  description: "The description",
  dateDue: "The due date",
  notes: "The notes",
  fileName: "The file's name",
  contentType: "The file's type",
  size: "The file's size",
};

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
