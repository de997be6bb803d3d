// What was changed here and has not reached the API yet, in order. It is kept in this origin's local storage, one
// queue per user, so that neither a reload nor a lost connection loses it; all tabs share it.
import type { NewTodo, Todo } from "./api.ts";
import { Store } from "./store.ts";
import type { Change } from "./todo-list.ts";

export type Write =
  | { kind: "add"; todoID: string; body: NewTodo; dateCreated: string }
  | { kind: "update"; todoID: string; part: Partial<NewTodo> }
  | { kind: "complete"; todoID: string; part: { completed: boolean } }
  | { kind: "notes"; todoID: string; part: { notes: string } }
  | { kind: "delete"; todoID: string };

export interface Entry {
  /** A UUID; that of an `add` is its Idempotency-Key, whenever and however often it is sent. */
  id: string;
  write: Write;
  /** Milliseconds since the epoch before which it may still be taken back. */
  notBefore: number;
}

/** A todo that the API does not know yet: sorts before every real id, so as the newest, like the todo itself will. */
const LOCAL = "new-";

export function isLocal(todoID: string): boolean {
  return todoID.startsWith(LOCAL);
}

/** Ids of one page come in the order of their making. */
export function localID(now: number, key: string): string {
  return `${LOCAL}${String(now).padStart(15, "0")}-${key}`;
}

/** What an entry makes of a list before the API has answered. */
export function changeOf({ write }: Entry): Change {
  switch (write.kind) {
    case "add":
      return { put: draftOf(write) };
    case "delete":
      return { remove: write.todoID };
    default:
      return { patch: write.todoID, part: write.part };
  }
}

/** A todo as these entries leave it; `null` where they delete it. */
export function rebased(todo: Todo, entries: readonly Entry[]): Todo | null {
  const own = entries.filter(({ write }) => write.todoID === todo.todoID);
  if (own.some(({ write }) => write.kind === "delete")) return null;
  return Object.assign({ ...todo }, ...own.map(({ write }) => ("part" in write ? write.part : {})));
}

function draftOf({ todoID, body, dateCreated }: Extract<Write, { kind: "add" }>): Todo {
  return { todoID, userID: "", notes: "", completed: false, dateCreated, ...body };
}

export class Outbox {
  readonly store = new Store<{ entries: readonly Entry[] }>({ entries: [] });
  readonly #storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  #key: string | null = null;
  /** The storage is full or refused: the changes are in this page alone. */
  #volatile = false;
  /** What was read or written last, so that nobody hears of what has not changed. */
  #text = "[]";

  constructor(storage: Pick<Storage, "getItem" | "setItem" | "removeItem">) {
    this.#storage = storage;
  }

  get entries(): readonly Entry[] {
    return this.store.state.entries;
  }

  /** Whose changes these are from now on; `null` puts them away until the user is back. */
  adopt(sub: string | null): void {
    this.#key = sub === null ? null : `outbox.${sub}`;
    this.#volatile = false;
    this.#text = "[]";
    this.store.set({ entries: [] });
    this.store.set({ entries: this.#read() });
  }

  /** Another tab may have added something, or sent it: says whether it did send something. */
  reread(): boolean {
    const before = this.entries;
    this.store.set({ entries: this.#read() });
    return before.some(({ id }) => !this.has(id));
  }

  has(id: string): boolean {
    return this.entries.some((entry) => entry.id === id);
  }

  append(entry: Entry): void {
    this.#write([...this.#read(), entry]);
  }

  /** Takes an entry out; says whether it was still there. */
  remove(id: string): boolean {
    const before = this.#read();
    const after = before.filter((entry) => entry.id !== id);
    this.#write(after);
    return after.length < before.length;
  }

  /** An `add` has arrived: what waits behind it is about a todo that has its real id now. */
  settle(entry: Entry, todoID: string): void {
    const rest = this.#read().filter(({ id }) => id !== entry.id);
    this.#write(
      rest.map((other) =>
        other.write.todoID === entry.write.todoID ? { ...other, write: { ...other.write, todoID } } : other,
      ),
    );
  }

  /** What could still be taken back no longer can. */
  hasten(id?: string): void {
    const due = (entry: Entry) => (id === undefined || entry.id === id ? { ...entry, notBefore: 0 } : entry);
    if (this.entries.some((entry) => entry.notBefore > 0)) this.#write(this.#read().map(due));
  }

  clear(): void {
    this.#write([]);
  }

  #write(entries: readonly Entry[]): void {
    this.store.set({ entries });
    if (this.#key === null) return;
    this.#text = JSON.stringify(entries);
    try {
      if (entries.length === 0) this.#storage.removeItem(this.#key);
      else this.#storage.setItem(this.#key, this.#text);
      this.#volatile = false;
    } catch {
      this.#volatile = true;
    }
  }

  #read(): readonly Entry[] {
    if (this.#key === null) return [];
    if (this.#volatile) return this.entries;
    const text = this.#storage.getItem(this.#key) ?? "[]";
    if (text === this.#text) return this.entries;
    this.#text = text;
    try {
      return JSON.parse(text) as Entry[];
    } catch {
      return [];
    }
  }
}
