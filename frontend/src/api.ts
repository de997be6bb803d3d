// The routes of the two APIs as functions. Nothing else builds their addresses.
import { isNotFound } from "./api-error.ts";
import type { Config } from "./config.ts";
import type { Subject } from "./refused-words.ts";
import type { Transport } from "./transport.ts";

export interface Todo {
  todoID: string;
  userID: string;
  title: string;
  description: string;
  notes: string;
  /** `YYYY-MM-DD`, or empty. */
  dateDue: string;
  /** RFC 3339, UTC. */
  dateCreated: string;
  completed: boolean;
}

export interface TodoFile {
  fileID: string;
  todoID: string;
  fileName: string;
  contentType: string;
  size: number;
  status: "pending" | "available";
  dateUploaded: string;
  /** A signed address that ends after minutes; only available files have one. */
  filePath?: string;
}

export interface Upload {
  method: string;
  url: string;
  headers: Record<string, string>;
}

export interface TodoQuery {
  search: string;
  completed: boolean | null;
}

export interface NewTodo {
  title: string;
  description: string;
  dateDue: string;
}

export interface NewFile {
  fileName: string;
  contentType: string;
  size: number;
  /** Base64 of the 32 bytes. */
  sha256: string;
}

export interface TodoPage {
  todos: Todo[];
  nextCursor?: string;
}

export interface FilePage {
  files: TodoFile[];
  nextCursor?: string;
}

/** The first page is on the screen sooner, the others come in fewer steps. */
export const FIRST_TODOS = 40;
export const MORE_TODOS = 100;
export const FILES_PER_PAGE = 50;

export class Api {
  readonly #transport: Transport;
  readonly #todos: () => string;
  readonly #files: (todoID: string) => string;

  /** Both are asked for at each call: the app starts before they are known, and the user may change. */
  constructor(config: () => Config, transport: Transport, sub: () => string) {
    this.#transport = transport;
    this.#todos = () => `${config().todosApiUrl}/${encodeURIComponent(sub())}/todos`;
    this.#files = (todoID) => `${config().filesApiUrl}/${encodeURIComponent(todoID)}/files`;
  }

  listTodos(query: TodoQuery, cursor: string | null, signal?: AbortSignal): Promise<TodoPage> {
    const parameters = new URLSearchParams({ limit: String(cursor === null ? FIRST_TODOS : MORE_TODOS) });
    if (query.search !== "") parameters.set("search", query.search);
    if (query.completed !== null) parameters.set("completed", String(query.completed));
    return this.#get({ url: this.#todos(), about: "todos" }, parameters, cursor, signal);
  }

  getTodo(todoID: string, signal?: AbortSignal): Promise<Todo> {
    return this.#get({ url: this.#todo(todoID), about: "todo" }, null, null, signal);
  }

  addTodo(todo: NewTodo, idempotencyKey: string): Promise<Todo> {
    const headers = { "idempotency-key": idempotencyKey };
    const url = `${this.#todos()}/add`;
    return this.#transport.send({ method: "POST", url, about: "newTodo", body: todo, headers });
  }

  updateTodo(todoID: string, change: Partial<NewTodo>): Promise<Todo> {
    return this.#transport.send({ method: "PATCH", url: this.#todo(todoID), about: "todo", body: change });
  }

  completeTodo(todoID: string, completed: boolean): Promise<Todo> {
    return this.#transport.send({
      method: "POST",
      url: `${this.#todo(todoID)}/complete`,
      about: "todo",
      body: { completed },
    });
  }

  addTodoNotes(todoID: string, notes: string): Promise<Todo> {
    const url = `${this.#todo(todoID)}/addnotes`;
    return this.#transport.send({ method: "POST", url, about: "notes", body: { notes } });
  }

  async deleteTodo(todoID: string): Promise<void> {
    await this.#delete(`${this.#todo(todoID)}/delete`, "todo");
  }

  /** A deletion from a page that is being left; whether it arrived shows at the next visit. */
  deleteTodoUnheard(todoID: string): void {
    this.#transport.sendUnheard({ method: "DELETE", url: `${this.#todo(todoID)}/delete` });
  }

  listFiles(todoID: string, cursor: string | null, signal?: AbortSignal): Promise<FilePage> {
    const parameters = new URLSearchParams({ limit: String(FILES_PER_PAGE) });
    return this.#get({ url: this.#files(todoID), about: "files" }, parameters, cursor, signal);
  }

  addFile(todoID: string, file: NewFile, signal?: AbortSignal): Promise<{ file: TodoFile; upload: Upload }> {
    const url = `${this.#files(todoID)}/upload`;
    const request = { method: "POST", url, about: "newFile", body: file } as const;
    return this.#transport.send({ ...request, ...(signal && { signal }) });
  }

  async deleteFile(todoID: string, fileID: string): Promise<void> {
    await this.#delete(`${this.#files(todoID)}/${encodeURIComponent(fileID)}/delete`, "file");
  }

  /** What does not exist (any more) is deleted: the answer to a first try may have been lost. */
  async #delete(url: string, about: Subject): Promise<void> {
    try {
      await this.#transport.send({ method: "DELETE", url, about });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #todo(todoID: string): string {
    return `${this.#todos()}/${encodeURIComponent(todoID)}`;
  }

  #get<T>(
    { url, about }: { url: string; about: Subject },
    query: URLSearchParams | null,
    cursor: string | null,
    signal?: AbortSignal,
  ): Promise<T> {
    const parameters = new URLSearchParams(query ?? {});
    if (cursor !== null) parameters.set("cursor", cursor);
    const address = parameters.size > 0 ? `${url}?${parameters}` : url;
    return this.#transport.send({ method: "GET", url: address, about, ...(signal && { signal }) });
  }
}
