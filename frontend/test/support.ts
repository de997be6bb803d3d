// Small builders for the tests.
import type { Todo, TodoFile } from "../src/api.ts";

export function aTodo(part: Partial<Todo> = {}): Todo {
  return {
    todoID: "01980000-0000-7000-8000-000000000000",
    userID: "ada",
    title: "A todo",
    description: "",
    notes: "",
    dateDue: "",
    dateCreated: "2026-01-01T00:00:00.000Z",
    completed: false,
    ...part,
  };
}

export function aFile(part: Partial<TodoFile> = {}): TodoFile {
  return {
    fileID: "f1",
    todoID: "t1",
    fileName: "a.txt",
    contentType: "text/plain",
    size: 1,
    status: "available",
    dateUploaded: "2026-01-01T00:00:00.000Z",
    filePath: "https://cdn.example/f1",
    ...part,
  };
}

/** A promise and its ends. */
export function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}

/** A storage of a page, which can be full. */
export function memory() {
  const entries = new Map<string, string>();
  return {
    entries,
    full: false,
    getItem: (key: string) => entries.get(key) ?? null,
    removeItem: (key: string) => void entries.delete(key),
    setItem(key: string, value: string) {
      if (this.full) throw new DOMException("full", "QuotaExceededError");
      entries.set(key, value);
    },
  };
}
