// One authorised request: the token, one renewal after a 401, and a few patient repetitions of what only reads.
import { ApiError, readError, SessionEndedError, unreachable } from "./api-error.ts";
import type { Subject } from "./refused-words.ts";

export interface TokenSource {
  accessToken(forceRefresh?: boolean): Promise<string | null>;
  expire(): Promise<void>;
}

export interface Request {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  url: string;
  about: Subject;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Clock {
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

const READ_ATTEMPTS = 3;
const TIMEOUT = 30_000;
const LONGEST_WAIT = 5_000;

export class Transport {
  readonly #tokens: TokenSource;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;
  #lastToken: string | null = null;

  constructor(tokens: TokenSource, get: typeof fetch, clock: Clock) {
    this.#tokens = tokens;
    this.#fetch = get;
    this.#clock = clock;
  }

  /** The parsed body, `null` where there is none. Throws `ApiError`, `SessionEndedError` or the abort's reason. */
  async send<T>(request: Request): Promise<T> {
    const attempts = request.method === "GET" ? READ_ATTEMPTS : 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#authorised<T>(request);
      } catch (error) {
        const wait = attempt < attempts ? waitBefore(error, attempt) : null;
        if (wait === null) throw error;
        await this.#clock.sleep(wait * (0.75 + Math.random() / 2), request.signal);
      }
    }
  }

  /** For a page that is being left: there is no time for a fresh token, and nobody to hear the answer. */
  sendUnheard({ method, url }: Pick<Request, "method" | "url">): void {
    if (this.#lastToken === null) return;
    const headers = { authorization: `Bearer ${this.#lastToken}` };
    void this.#fetch(url, { method, headers, keepalive: true, credentials: "omit" }).catch(() => undefined);
  }

  async #authorised<T>(request: Request): Promise<T> {
    const first = await this.#once(request, false);
    const response = first.status === 401 ? await this.#once(request, true) : first;
    if (response.status === 401) return this.#ended();
    if (!response.ok) throw await readError(response, request.about);
    return readBody<T>(response, request.signal);
  }

  async #once(request: Request, forceRefresh: boolean): Promise<Response> {
    const token = await this.#token(forceRefresh);
    const headers: Record<string, string> = { ...request.headers, authorization: `Bearer ${token}` };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    const timeout = AbortSignal.timeout(TIMEOUT);
    try {
      return await this.#fetch(request.url, {
        method: request.method,
        headers,
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
        cache: "no-store",
        credentials: "omit",
      });
    } catch (error) {
      if (request.signal?.aborted) throw error;
      throw unreachable();
    }
  }

  async #token(forceRefresh: boolean): Promise<string> {
    let token: string | null;
    try {
      token = await this.#tokens.accessToken(forceRefresh);
    } catch {
      throw unreachable();
    }
    this.#lastToken = token;
    return token ?? this.#ended();
  }

  async #ended(): Promise<never> {
    await this.#tokens.expire();
    throw new SessionEndedError();
  }
}

/** An answer that breaks off, or is none of the API's, is as good as none. */
async function readBody<T>(response: Response, signal: AbortSignal | undefined): Promise<T> {
  try {
    const body = await response.text();
    return (body === "" ? null : JSON.parse(body)) as T;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

/** Milliseconds until a failed read is worth repeating; `null` where it is not. */
function waitBefore(error: unknown, attempt: number): number | null {
  if (!(error instanceof ApiError) || !error.isTransient) return null;
  const wait = error.retryAfter === null ? 250 * 2 ** attempt : error.retryAfter * 1_000;
  return wait <= LONGEST_WAIT ? wait : null;
}

export const clock: Clock = {
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", cancel);
        resolve();
      }, milliseconds);
      const cancel = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", cancel, { once: true });
    }),
};
