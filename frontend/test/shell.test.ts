import { describe, expect, test, vi } from "vitest";
import { hasStoredSession, mayHaveSession } from "../src/browser-session.ts";
import { type Config, ConfigError, loadConfig, parseConfig } from "../src/config.ts";
import { isSafeLink, setAttribute } from "../src/dom.ts";
import { matchPath } from "../src/router.ts";
import { Store } from "../src/store.ts";

const CONFIG: Config = {
  cognitoEndpoint: "https://cognito-idp.eu-central-1.amazonaws.com/",
  userPoolId: "eu-central-1_x",
  userPoolClientId: "client",
  todosApiUrl: "https://todos.example",
  filesApiUrl: "https://files.example",
  maxFileSize: 1,
};

describe("the configuration", () => {
  const page = (content: string | null) =>
    ({ querySelector: () => (content === null ? null : { content }) }) as unknown as Document;
  const answering = (response: Response) => (async () => response) as typeof fetch;

  test("is read from the path that the page names", async () => {
    const get = vi.fn(async () => Response.json(CONFIG));
    expect(await loadConfig(page("/config.1.json"), get)).toEqual(CONFIG);
    expect(get).toHaveBeenCalledWith("/config.1.json", { credentials: "omit" });
  });

  test("loses the slashes at the end of its addresses", () => {
    expect(parseConfig({ ...CONFIG, todosApiUrl: "https://todos.example//" }).todosApiUrl).toBe(
      "https://todos.example",
    );
  });

  test.each([
    null,
    "",
    "config.json",
    "//elsewhere.example/config.json",
    "https://elsewhere.example/config.json",
  ])("named as %j is refused, as it is no path of this origin", async (content) => {
    await expect(loadConfig(page(content), answering(Response.json(CONFIG)))).rejects.toThrow(ConfigError);
  });

  test.each([
    ["a missing file", new Response("", { status: 404 }), "404"],
    ["a page instead of JSON", new Response("<html>"), "not JSON"],
    ["a list", Response.json([]), "missing"],
  ])("that is %s is a clear error", async (_name, response, words) => {
    await expect(loadConfig(page("/config.json"), answering(response))).rejects.toThrow(words);
  });

  test.each(Object.keys(CONFIG))("without `%s` names it", (key) => {
    expect(() => parseConfig({ ...CONFIG, [key]: undefined })).toThrow(key);
  });

  test.each([
    ["todosApiUrl", "todos.example"],
    ["filesApiUrl", "javascript:alert(1)"],
    ["maxFileSize", "1"],
    ["maxFileSize", 0],
    ["maxFileSize", 1.5],
  ])("with `%s` = %j names it", (key, value) => {
    expect(() => parseConfig({ ...CONFIG, [key]: value })).toThrow(key);
  });
});

describe("paths", () => {
  const ROUTES = { "/": "home", "/todos": "list", "/todos/:todoID": "todo" } as const;

  test.each([
    ["/", { name: "home", params: {} }],
    ["/todos", { name: "list", params: {} }],
    ["/todos/", { name: "list", params: {} }],
    ["/todos/a%20b", { name: "todo", params: { todoID: "a b" } }],
    ["/todos/a/b", null],
    ["/other", null],
    ["/todos/%E0%A4%A", null],
  ])("%s", (path, expected) => {
    expect(matchPath(ROUTES, path)).toEqual(expected);
  });
});

describe("the store", () => {
  test("tells its listeners of changes, and only of changes", () => {
    const store = new Store({ a: 1, b: 2 });
    const listener = vi.fn();
    const unsubscribe = store.subscribe(listener);
    store.set({ a: 1 });
    store.set({ a: 3 });
    expect(listener.mock.calls).toEqual([[{ a: 3, b: 2 }]]);
    unsubscribe();
    store.set({ a: 4 });
    expect(listener).toHaveBeenCalledOnce();
  });

  test("bears a listener that leaves while it is told", () => {
    const store = new Store({ a: 1 });
    const second = vi.fn();
    const unsubscribe = store.subscribe(() => unsubscribe());
    store.subscribe(second);
    store.set({ a: 2 });
    expect(second).toHaveBeenCalledOnce();
  });
});

describe("elements", () => {
  const element = { setAttribute: vi.fn(), removeAttribute: vi.fn() } as unknown as Element;

  test.each(["onclick", "ONERROR", "srcdoc", "style"])("refuse the attribute `%s`", (name) => {
    expect(() => setAttribute(element, name, "x")).toThrow(TypeError);
  });

  test.each(["javascript:alert(1)", " JavaScript:x", "data:text/html,x", "vbscript:x", "java\nscript:x"])(
    "refuse %j as a link",
    (value) => {
      expect(isSafeLink(value)).toBe(false);
      expect(() => setAttribute(element, "href", value)).toThrow(TypeError);
    },
  );

  test.each(["/todos/1", "https://cdn.example/x?y", "http://127.0.0.1:4566/x", "#main"])(
    "admit %j as a link",
    (value) => {
      expect(isSafeLink(value)).toBe(true);
    },
  );

  test("take true for an empty attribute and false for none", () => {
    setAttribute(element, "hidden", true);
    expect(element.setAttribute).toHaveBeenLastCalledWith("hidden", "");
    setAttribute(element, "hidden", false);
    expect(element.removeAttribute).toHaveBeenLastCalledWith("hidden");
  });
});

test("a stored session is known by this client's own entry", () => {
  const storage = (entries: Record<string, string>) =>
    ({ getItem: (key: string) => entries[key] ?? null }) as unknown as Storage;
  const entry = { "CognitoIdentityServiceProvider.one.LastAuthUser": "ada" };
  expect(hasStoredSession(storage(entry), "one")).toBe(true);
  expect(hasStoredSession(storage(entry), "two")).toBe(false);
});

test("before the configuration is there, any client's session counts", () => {
  expect(
    mayHaveSession({ "CognitoIdentityServiceProvider.one.LastAuthUser": "ada" } as unknown as Storage),
  ).toBe(true);
  expect(mayHaveSession({ shortcuts: "off" } as unknown as Storage)).toBe(false);
});
