import { expect, test, vi } from "vitest";
import { Api } from "../src/api.ts";
import { ApiError } from "../src/api-error.ts";
import type { Config } from "../src/config.ts";
import type { Request, Transport } from "../src/transport.ts";

function setUp() {
  const sent: Request[] = [];
  const send = vi.fn(async (request: Request) => {
    sent.push(request);
    return null;
  });
  const config = { todosApiUrl: "https://t", filesApiUrl: "https://f" } as Config;
  const api = new Api(
    () => config,
    { send } as unknown as Transport,
    () => "su/b",
  );
  return { api, sent, send };
}

test("every route has its method, address and body", async () => {
  const { api, sent } = setUp();
  await api.listTodos({ search: "a&b (", completed: false }, "c=");
  await api.listTodos({ search: "", completed: null }, null);
  await api.getTodo("1");
  await api.addTodo({ title: "t", description: "", dateDue: "" }, "key");
  await api.updateTodo("1", { title: "u" });
  await api.completeTodo("1", true);
  await api.addTodoNotes("1", "n");
  await api.deleteTodo("1");
  await api.listFiles("1", null);
  await api.addFile("1", { fileName: "f", contentType: "c", size: 1, sha256: "s" });
  await api.deleteFile("1", "../2");
  expect(sent.map(({ method, url, body }) => [`${method} ${url}`, body])).toEqual([
    ["GET https://t/su%2Fb/todos?limit=100&search=a%26b+%28&completed=false&cursor=c%3D", undefined],
    ["GET https://t/su%2Fb/todos?limit=40", undefined],
    ["GET https://t/su%2Fb/todos/1", undefined],
    ["POST https://t/su%2Fb/todos/add", { title: "t", description: "", dateDue: "" }],
    ["PATCH https://t/su%2Fb/todos/1", { title: "u" }],
    ["POST https://t/su%2Fb/todos/1/complete", { completed: true }],
    ["POST https://t/su%2Fb/todos/1/addnotes", { notes: "n" }],
    ["DELETE https://t/su%2Fb/todos/1/delete", undefined],
    ["GET https://f/1/files?limit=50", undefined],
    ["POST https://f/1/files/upload", { fileName: "f", contentType: "c", size: 1, sha256: "s" }],
    ["DELETE https://f/1/files/..%2F2/delete", undefined],
  ]);
  expect(sent[3]?.headers).toEqual({ "idempotency-key": "key" });
});

test("deleting what is already gone is done, any other refusal is an error", async () => {
  const { api, send } = setUp();
  send
    .mockRejectedValueOnce(new ApiError(404, ["gone", "Go on."]))
    .mockRejectedValueOnce(new ApiError(404, ["gone", "Go on."]));
  await api.deleteTodo("1");
  await api.deleteFile("1", "2");
  send.mockRejectedValueOnce(new ApiError(503, ["broken", "Go on."]));
  await expect(api.deleteTodo("1")).rejects.toThrow("broken");
});
