import { describe, expect, test, vi } from "vitest";
import { ApiError, SessionEndedError } from "../src/api-error.ts";
import { clock, Transport } from "../src/transport.ts";

const URL_ = "https://api.example/x";

function setUp(answers: (Response | Error)[], tokens: (string | null | Error)[] = ["old", "new"]) {
  const requests: { headers: Record<string, string>; method: string; body: unknown }[] = [];
  const get = vi.fn(async (_url: unknown, options: RequestInit) => {
    requests.push(options as never);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("one request too many");
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const source = {
    accessToken: vi.fn(async (force = false) => {
      const token = tokens[force ? 1 : 0] ?? null;
      if (token instanceof Error) throw token;
      return token;
    }),
    expire: vi.fn(async () => undefined),
  };
  const waits: number[] = [];
  const transport = new Transport(source, get as never, {
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { transport, requests, source, waits };
}

const ok = () => Response.json({ ok: true });
const status = (code: number, headers = {}) => new Response("{}", { status: code, headers });

describe("the token", () => {
  test("goes along with every request", async () => {
    const { transport, requests } = setUp([ok()]);
    expect(await transport.send({ method: "GET", url: URL_, about: "todo" })).toEqual({ ok: true });
    expect(requests[0]?.headers["authorization"]).toBe("Bearer old");
  });

  test("is renewed once after a 401, with the same body and headers", async () => {
    const { transport, requests, source } = setUp([status(401), ok()]);
    await transport.send({
      method: "POST",
      url: URL_,
      about: "todo",
      body: { a: 1 },
      headers: { "idempotency-key": "k" },
    });
    expect(requests.map((request) => request.headers["authorization"])).toEqual(["Bearer old", "Bearer new"]);
    expect(requests[1]).toMatchObject({
      method: "POST",
      body: '{"a":1}',
      headers: { "idempotency-key": "k" },
    });
    expect(source.expire).not.toHaveBeenCalled();
  });

  test("that is refused twice ends the session", async () => {
    const { transport, source } = setUp([status(401), status(401)]);
    await expect(transport.send({ method: "GET", url: URL_, about: "todo" })).rejects.toThrow(
      SessionEndedError,
    );
    expect(source.expire).toHaveBeenCalledOnce();
  });

  test("that can't be had ends the session without a request", async () => {
    const { transport, requests, source } = setUp([], [null]);
    await expect(transport.send({ method: "GET", url: URL_, about: "todo" })).rejects.toThrow(
      SessionEndedError,
    );
    expect(requests).toEqual([]);
    expect(source.expire).toHaveBeenCalledOnce();
  });

  test("that can't be told for lack of a network does not end the session", async () => {
    const { transport, source } = setUp([], [new Error("offline")]);
    await expect(transport.send({ method: "POST", url: URL_, about: "todo" })).rejects.toMatchObject({
      status: 0,
    });
    expect(source.expire).not.toHaveBeenCalled();
  });
});

describe("trying again", () => {
  test("reads are repeated after a passing failure, with longer waits", async () => {
    const { transport, waits } = setUp([status(503), new TypeError("reset"), ok()]);
    await transport.send({ method: "GET", url: URL_, about: "todo" });
    expect(waits).toHaveLength(2);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  });

  test("reads give up after three tries", async () => {
    const { transport } = setUp([status(500), status(500), status(500)]);
    await expect(transport.send({ method: "GET", url: URL_, about: "todo" })).rejects.toMatchObject({
      status: 500,
    });
  });

  test("a server that asks for patience gets it, but not without end", async () => {
    const patient = setUp([status(429, { "retry-after": "2" }), ok()]);
    await patient.transport.send({ method: "GET", url: URL_, about: "todo" });
    expect(patient.waits[0]).toBeGreaterThanOrEqual(1_500);
    const long = setUp([status(429, { "retry-after": "60" })]);
    await expect(long.transport.send({ method: "GET", url: URL_, about: "todo" })).rejects.toMatchObject({
      retryAfter: 60,
    });
    expect(long.waits).toEqual([]);
  });

  test.each(["POST", "PATCH", "DELETE"] as const)("%s is never repeated by itself", async (method) => {
    const { transport, requests } = setUp([status(503)]);
    await expect(transport.send({ method, url: URL_, about: "todo" })).rejects.toBeInstanceOf(ApiError);
    expect(requests).toHaveLength(1);
  });

  test("a refusal is final", async () => {
    const { transport, requests } = setUp([status(404)]);
    await expect(transport.send({ method: "GET", url: URL_, about: "todo" })).rejects.toMatchObject({
      status: 404,
    });
    expect(requests).toHaveLength(1);
  });
});

test("an empty answer is null", async () => {
  const { transport } = setUp([new Response(null, { status: 204 })]);
  expect(await transport.send({ method: "DELETE", url: URL_, about: "todo" })).toBeNull();
});

test("a cancelled request is no failure of the server", async () => {
  const cancel = new AbortController();
  cancel.abort();
  const { transport } = setUp([cancel.signal.reason]);
  const sent = transport.send({ method: "GET", url: URL_, about: "todo", signal: cancel.signal });
  await expect(sent).rejects.toMatchObject({ name: "AbortError" });
});

describe("an answer that breaks off or is no JSON", () => {
  const broken = (error: unknown) =>
    new Response(new ReadableStream({ pull: (controller) => controller.error(error) }));

  test("counts as none, so that a read is repeated", async () => {
    const { transport } = setUp([broken(new TypeError("reset")), new Response("<html>"), ok()]);
    expect(await transport.send({ method: "GET", url: URL_, about: "todo" })).toEqual({ ok: true });
  });

  test("is told as a server that can't be reached", async () => {
    const { transport } = setUp([new Response("<html>")]);
    await expect(transport.send({ method: "POST", url: URL_, about: "todo" })).rejects.toMatchObject({
      status: 0,
    });
  });

  test("because the caller ended it is the caller's own doing", async () => {
    const cancel = new AbortController();
    const { transport } = setUp([broken(new DOMException("ended", "AbortError"))]);
    const sent = transport.send({ method: "GET", url: URL_, about: "todo", signal: cancel.signal });
    cancel.abort();
    await expect(sent).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("a wait ends at once when it is cancelled", async () => {
  const cancel = new AbortController();
  const wait = clock.sleep(60_000, cancel.signal);
  cancel.abort();
  await expect(wait).rejects.toMatchObject({ name: "AbortError" });
});
