// Every error that a user can meet says what happened and, after it, what to do. The statuses are those of the APIs'
// documents, the names those of the sign-in library: what is new there is missed here.
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import filesDocument from "../../docs/openapi/files.yaml?raw";
import todosDocument from "../../docs/openapi/todos.yaml?raw";
import library from "../node_modules/@aws-amplify/auth/dist/esm/providers/cognito/types/errors.mjs?raw";
import { Api } from "../src/api.ts";
import { ApiError, SessionEndedError, unreachable } from "../src/api-error.ts";
import { authErrorMessage, loginErrorMessage } from "../src/auth-errors.ts";
import { type Config, ConfigError } from "../src/config.ts";
import { messageOf } from "../src/told-error.ts";
import { Transport } from "../src/transport.ts";
import { codeError, emailError, fileError, passwordError, textError, todoErrors } from "../src/validation.ts";

const IMPERATIVES =
  /^(Ask|Attach|Change|Check|Choose|Copy|Delete|Enter|Go|Log|Reload|Rename|Shorten|Tell|Try|Wait)\b/;

/** Fails unless the last sentence says what to do, and another one before it what happened. */
function expectTold(message: string): void {
  const sentences = message.split(/(?<=[.!?])\s+(?=[A-Z“])/);
  expect(sentences.length, `what happened, in: ${message}`).toBeGreaterThan(1);
  expect(sentences.at(-1), `what to do, in: ${message}`).toMatch(IMPERATIVES);
  expect(message).toMatch(/^[A-Z“].*\.$/s);
  expect(message).not.toMatch(/undefined|null|\[object|\.\.|\s{2}/);
}

interface Answer {
  content?: { "application/json"?: { example?: unknown } };
}

/** Each operation's refusals, with the document's own example of each. */
function refusalsOf(document: string): [operation: string, status: number, body: unknown][] {
  const { paths, components } = parse(document);
  const resolved = (answer: Answer & { $ref?: string }): Answer =>
    answer.$ref ? components.responses[answer.$ref.split("/").at(-1) ?? ""] : answer;
  const operations = Object.values<Record<string, never>>(paths).flatMap((path) =>
    Object.values<{ operationId?: string; responses: Record<string, Answer> }>(path),
  );
  return operations
    .filter(({ operationId }) => operationId !== undefined)
    .flatMap(({ operationId = "", responses }) =>
      Object.entries(responses).flatMap(([status, answer]) => {
        const body = resolved(answer).content?.["application/json"]?.example;
        return statusesOf(status).map((each): [string, number, unknown] => [operationId, each, body]);
      }),
    );
}

function statusesOf(documented: string): number[] {
  if (documented === "5XX") return [502, 503, 504];
  return Number(documented) < 400 ? [] : [Number(documented)];
}

const TODO = { title: "t", description: "", dateDue: "" };
const FILE = { fileName: "f", contentType: "c/c", size: 1, sha256: "s" };

/** How the app calls each operation. */
const CALLS: Record<string, (api: Api) => Promise<unknown>> = {
  getTodos: (api) => api.listTodos({ search: "s", completed: null }, null),
  getTodo: (api) => api.getTodo("1"),
  addTodo: (api) => api.addTodo(TODO, "key"),
  updateTodo: (api) => api.updateTodo("1", TODO),
  completeTodo: (api) => api.completeTodo("1", true),
  addTodoNotes: (api) => api.addTodoNotes("1", "n"),
  deleteTodo: (api) => api.deleteTodo("1"),
  getTodoFiles: (api) => api.listFiles("1", null),
  addTodoFiles: (api) => api.addFile("1", FILE),
  deleteTodoFiles: (api) => api.deleteFile("1", "2"),
};

function answering(status: number, body: unknown): Api {
  const tokens = { accessToken: async () => "token", expire: async () => undefined };
  const answer = async () => Response.json(body, { status });
  const transport = new Transport(tokens, answer, { sleep: async () => undefined });
  const config = { todosApiUrl: "https://t", filesApiUrl: "https://f" } as Config;
  return new Api(
    () => config,
    transport,
    () => "sub",
  );
}

const REFUSALS = [...refusalsOf(todosDocument), ...refusalsOf(filesDocument)];

describe("a refusal of an API", () => {
  test("is known of every operation", () => {
    expect(new Set(REFUSALS.map(([operation]) => operation))).toEqual(new Set(Object.keys(CALLS)));
    expect(new Set(REFUSALS.map(([, status]) => status))).toEqual(
      new Set([400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504]),
    );
  });

  test.each(REFUSALS)("of %s with %i says what happened and what to do", async (operation, status, body) => {
    const gone = operation.startsWith("delete") && status === 404;
    for (const said of [body, { message: "of the gateway" }, null]) {
      const outcome = await CALLS[operation]?.(answering(status, said)).catch((error: unknown) => error);
      // What is not there any more is deleted.
      if (gone) expect(outcome).toBeUndefined();
      else {
        expect(outcome).toBeInstanceOf(status === 401 ? SessionEndedError : ApiError);
        expectTold(messageOf(outcome));
      }
    }
  });

  test("with 404 names what is not there, and with 409, 413 and 422 what has to change", async () => {
    const told = async (operation: string, status: number) =>
      messageOf(await CALLS[operation]?.(answering(status, null)).catch((error: unknown) => error));
    expect(await told("getTodo", 404)).toMatch(/^This todo /);
    expect(await told("addTodoNotes", 404)).toMatch(/^The todo of these notes /);
    expect(await told("getTodoFiles", 404)).toMatch(/^The todo of these files /);
    expect(await told("addTodoFiles", 404)).toMatch(/^The todo for this file /);
    expect(await told("addTodo", 409)).toMatch(/no room.*Delete todos/s);
    expect(await told("addTodoNotes", 409)).toMatch(/no room.*Delete todos/s);
    expect(await told("addTodoNotes", 413)).toMatch(/notes.*Shorten/s);
    expect(await told("addTodoFiles", 413)).toMatch(/file.*Shorten its name/s);
    expect(await told("updateTodo", 422)).toMatch(/this todo.*Change/s);
    expect(await told("addTodoFiles", 422)).toMatch(/this file.*Rename/s);
  });
});

/** What the calls that the app makes of the sign-in service may be refused with, by the library's list. */
const LISTED = [
  ...library.matchAll(
    /^ {4}(?:Confirm(?:ForgotPassword|SignUp)|ForgotPassword|InitiateAuth|ResendConfirmation|RespondToAuthChallenge|SignUp)Exception\["(\w+)"\]/gm,
  ),
].map(([, name = ""]) => name);

/** Those of the service that the library does not list, and its own where no answer comes. */
const OTHERS = [
  "LimitExceededException",
  "NetworkError",
  "PasswordHistoryPolicyViolationException",
  "TooManyFailedAttemptsException",
];

const NAMES = [...new Set([...LISTED, ...OTHERS])];

describe("a refusal of the sign-in service", () => {
  test("is known of every call", () => {
    expect(LISTED.length).toBeGreaterThan(70);
    expect(NAMES.length).toBeGreaterThan(25);
  });

  test.each(NAMES)("by the name of %s says what happened and what to do", (name) => {
    for (const said of ["Said by the service.", "said by the service", ""]) {
      const error = Object.assign(new Error(said), { name });
      expectTold(authErrorMessage(error));
      expectTold(loginErrorMessage(error));
      // A name without words of its own would be told like this.
      expect(authErrorMessage(error)).not.toContain("Something went wrong");
    }
  });

  test("by a name that nobody knows is told with the service's words, and what to do", () => {
    const error = Object.assign(new Error("Said by the service."), { name: "SomethingNew" });
    expectTold(authErrorMessage(error));
    expect(authErrorMessage(error)).toContain("Said by the service.");
  });

  test("of an account that is locked for a while is told as that", () => {
    const error = Object.assign(new Error("Password attempts exceeded"), { name: "NotAuthorizedException" });
    expect(loginErrorMessage(error)).toMatch(/^Too many attempts.*Wait/s);
  });
});

test.each<[string, unknown]>([
  ["a server that does not answer", unreachable()],
  ["a session that has ended", new SessionEndedError()],
  ["a configuration that is not right", new ConfigError("The configuration is not an object.")],
  ["a status that is in no document", new ApiError(418, ["Refused.", "Try again."])],
  ["whatever else is thrown", new TypeError("x is not a function")],
])("%s says what happened and what to do", (_name, error) => {
  expectTold(messageOf(error));
});

test("what a form refuses says what to do", () => {
  const long = "x".repeat(4_001);
  const errors = [
    ...Object.values(todoErrors({ title: "", description: long, dateDue: "2026-02-30" })),
    ...Object.values(todoErrors({ title: long, description: "", dateDue: "" })),
    textError(long),
    emailError("nobody"),
    passwordError("short"),
    codeError("1"),
    fileError({ name: "a.bin", size: 2 }, 1),
  ];
  expect(errors).toHaveLength(9);
  for (const error of errors) expect(error).toMatch(/(^|\. )(Choose|Enter|Shorten) /);
});
