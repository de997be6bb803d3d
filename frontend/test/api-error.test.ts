import { describe, expect, test } from "vitest";
import { ApiError, fullMessageOf, messageOf, readError, toApiError } from "../src/api-error.ts";

describe("the API's own errors", () => {
  test("carry code, message and fields", () => {
    const error = toApiError(422, {
      error: {
        code: "unprocessable",
        message: "some fields are not acceptable",
        fields: { title: "is empty" },
      },
    });
    expect(error).toMatchObject({ status: 422, code: "unprocessable", fields: { title: "is empty" } });
    expect(error.message).toBe("some fields are not acceptable");
  });

  test("lose fields that are no texts", () => {
    const error = toApiError(422, {
      error: { code: "unprocessable", fields: { title: 1, a: ["x"], b: "bad" } },
    });
    expect(error.fields).toEqual({ b: "bad" });
  });

  test("say how long to wait", () => {
    const error = toApiError(429, { error: { code: "too_many_requests", message: "slow down" } }, "7");
    expect(error.retryAfter).toBe(7);
    expect(error.message).toContain("in 7 s");
  });
});

describe("the gateway's errors", () => {
  test("without a word of theirs, what was refused still says what to do", () => {
    expect(toApiError(418, {}).message).toBe(
      "The server refused the request (418). Reload the page and try again.",
    );
    expect(toApiError(500, {}).message).toBe("The server failed: 500. Try again in a moment.");
  });

  test("lend their message where the status has no words of its own", () => {
    expect(toApiError(400, { message: "Bad Request" }).message).toBe("Bad Request");
  });

  test.each([
    [403, "Log out, and log in as the right user"],
    [404, "does not exist, or it was deleted. Go back to your todos"],
    [413, "too large for the server. Make it smaller"],
    [429, "Too many requests at once. Try again in a moment"],
    [503, "The server failed: Anything. Try again in a moment"],
  ])("with status %i are told by the status: %s", (status, words) => {
    expect(toApiError(status, { message: "Anything" }).message).toContain(words);
  });
});

test.each([null, "text", 1, [], { error: "text" }, { error: null }])(
  "a body of another shape is survived: %j",
  (body) => {
    const error = toApiError(418, body);
    expect(error.status).toBe(418);
    expect(error.code).toBe("");
    expect(error.message).toContain("418");
  },
);

test("an answer that is no JSON still gives its status", async () => {
  const error = await readError(new Response("<html>", { status: 502, headers: { "retry-after": "soon" } }));
  expect(error).toMatchObject({ status: 502, retryAfter: null });
});

test.each([
  [0, true],
  [429, true],
  [500, true],
  [503, true],
  [400, false],
  [409, false],
  [422, false],
])("status %i is worth trying again: %s", (status, transient) => {
  expect(new ApiError(status, "x").isTransient).toBe(transient);
});

test("what is wrong with single fields can be told with the message", () => {
  const error = new ApiError(422, "Refused.", { fields: { fileName: "is empty", size: "is too large" } });
  expect(fullMessageOf(error)).toBe("Refused. fileName: is empty size: is too large");
  expect(fullMessageOf(new Error("this"))).toBe("this");
});

test("whatever is thrown has words", () => {
  expect(messageOf(new Error("this"))).toBe("this");
  expect(messageOf("text")).not.toBe("");
  expect(messageOf(new Error(""))).not.toBe("");
});
