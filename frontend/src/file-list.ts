// The files of one todo as far as they are loaded, and signed addresses that are fresh enough to use.
import type { FilePage, TodoFile } from "./api.ts";
import { Store } from "./store.ts";

export interface FilePages {
  listFiles(todoID: string, cursor: string | null, signal?: AbortSignal): Promise<FilePage>;
}

export interface FileListState {
  items: readonly TodoFile[];
  cursor: string | null;
  loaded: boolean;
}

/** Signed addresses live for minutes; one older than this is asked for anew. */
const FRESH_FOR = 60_000;

export class FileList {
  readonly store = new Store<FileListState>({ items: [], cursor: null, loaded: false });
  readonly #api: FilePages;
  readonly #now: () => number;
  readonly #signedAt = new Map<string, number>();
  readonly todoID: string;

  constructor(api: FilePages, todoID: string, now: () => number = Date.now) {
    this.#api = api;
    this.todoID = todoID;
    this.#now = now;
  }

  async load(signal?: AbortSignal): Promise<void> {
    const page = await this.#page(null, signal);
    this.store.set({ items: page.files, cursor: page.nextCursor ?? null, loaded: true });
  }

  async more(signal?: AbortSignal): Promise<void> {
    const { cursor } = this.store.state;
    if (cursor === null) return;
    const page = await this.#page(cursor, signal);
    this.store.set({ items: merged(this.store.state.items, page.files), cursor: page.nextCursor ?? null });
  }

  put(file: TodoFile): void {
    this.#signedAt.set(file.fileID, this.#now());
    this.store.set({ items: merged(this.store.state.items, [file]) });
  }

  remove(fileID: string): void {
    this.store.set({ items: this.store.state.items.filter((file) => file.fileID !== fileID) });
  }

  /** Looks through all pages: a new file may be on the last of them. */
  async find(fileID: string, signal?: AbortSignal): Promise<TodoFile | null> {
    let cursor: string | null = null;
    do {
      const page: FilePage = await this.#page(cursor, signal);
      const found = page.files.find((file) => file.fileID === fileID);
      if (found) return found;
      cursor = page.nextCursor ?? null;
    } while (cursor !== null);
    return null;
  }

  async freshPath(fileID: string, signal?: AbortSignal): Promise<string | null> {
    const known = this.store.state.items.find((file) => file.fileID === fileID);
    const age = this.#now() - (this.#signedAt.get(fileID) ?? 0);
    if (known?.filePath && age < FRESH_FOR) return known.filePath;
    return (await this.refresh(fileID, signal))?.filePath ?? null;
  }

  /** Asks for one file anew, on whatever page it is, and takes the answer over. */
  async refresh(fileID: string, signal?: AbortSignal): Promise<TodoFile | null> {
    const fresh = await this.find(fileID, signal);
    if (fresh === null) this.remove(fileID);
    else this.put(fresh);
    return fresh;
  }

  async #page(cursor: string | null, signal?: AbortSignal): Promise<FilePage> {
    const page = await this.#api.listFiles(this.todoID, cursor, signal);
    for (const file of page.files) this.#signedAt.set(file.fileID, this.#now());
    return page;
  }
}

function merged(before: readonly TodoFile[], after: readonly TodoFile[]): TodoFile[] {
  const newer = new Map(after.map((file) => [file.fileID, file]));
  const kept = before.map((file) => {
    const update = newer.get(file.fileID);
    newer.delete(file.fileID);
    return update ?? file;
  });
  return [...kept, ...newer.values()];
}
