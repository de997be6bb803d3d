import { describe, expect, test } from "vitest";
import { ApiError, fullMessageOf, readError, toApiError } from "../src/api-error.ts";
import { messageOf } from "../src/told-error.ts";

describe("the API's own errors", () => {
  test("carry code and fields", () => {
    const error = toApiError(
      422,
      {
        error: {
          code: "unprocessable",
          message: "some fields are not acceptable",
          fields: { title: "is empty" },
        },
      },
      "todo",
    );
    expect(error).toMatchObject({ status: 422, code: "unprocessable", fields: { title: "is empty" } });
  });

  test("lose fields that are no texts", () => {
    const body = { error: { code: "unprocessable", fields: { title: 1, a: ["x"], b: "bad" } } };
    expect(toApiError(422, body, "todo").fields).toEqual({ b: "bad" });
  });

  test("say how long to wait", () => {
    const error = toApiError(
      429,
      { error: { code: "too_many_requests", message: "slow down" } },
      "todo",
      "7",
    );
    expect(error.retryAfter).toBe(7);
    expect(error.message).toContain("in 7 s");
  });

  test("that are failures keep the request's id, for whoever is told of them", () => {
    const body = { error: { code: "internal", message: "internal error (request 8f1e)" } };
    expect(toApiError(500, body, "todo").message).toBe(
      "The server failed: internal error (request 8f1e). Try again in a moment.",
    );
  });
});

test.each([null, "text", 1, [], { error: "text" }, { error: null }])(
  "a body of another shape is survived: %j",
  (body) => {
    const error = toApiError(418, body, "todo");
    expect(error).toMatchObject({ status: 418, code: "" });
    expect(error.message).toBe("The server refused the request (418). Reload the page and try again.");
  },
);

test("an answer that is no JSON still gives its status", async () => {
  const answer = new Response("<html>", { status: 502, headers: { "retry-after": "soon" } });
  expect(await readError(answer, "todo")).toMatchObject({ status: 502, retryAfter: null });
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
  expect(new ApiError(status, ["x", "Go on."]).isTransient).toBe(transient);
});

test("what is wrong with single fields can be told with the message", () => {
  const error = new ApiError(422, ["Refused.", "Change it."], {
    fields: { fileName: "is empty", size: "is too large", other: "is odd." },
  });
  expect(fullMessageOf(error)).toBe(
    "Refused. Change it. The file's name is empty. The file's size is too large. other is odd.",
  );
});

test("whatever is thrown has words", () => {
  expect(messageOf(new Error("Broken."))).toBe(
    "Something went wrong: Broken. Reload the page and try again.",
  );
  for (const thrown of ["text", null, new Error("")])
    expect(messageOf(thrown)).toBe("Something went wrong. Reload the page and try again.");
});
