// All uploads of this page, whichever todo is on the screen: leaving a todo does not stop what it is sending.
import type { TodoFile } from "./api.ts";
import { Store } from "./store.ts";
import { Turns } from "./turns.ts";
import { isOver, runUpload, type UploadState, type UploadSteps } from "./upload.ts";

export interface UploadEntry {
  id: number;
  todoID: string;
  name: string;
  size: number;
  /** The file's record, once there is one. */
  fileID: string | null;
  state: UploadState;
}

/** A file is read as a whole for its digest, so many at once would be heavy. */
const AT_A_TIME = 3;

export class Uploads {
  readonly store = new Store<{ entries: readonly UploadEntry[] }>({ entries: [] });
  readonly #steps: (todoID: string) => UploadSteps;
  readonly #files = new Map<number, File>();
  readonly #cancels = new Map<number, AbortController>();
  readonly #turns = new Turns(AT_A_TIME);
  #last = 0;

  constructor(steps: (todoID: string) => UploadSteps) {
    this.#steps = steps;
  }

  get active(): boolean {
    return this.store.state.entries.some((entry) => !isOver(entry.state));
  }

  of(todoID: string): UploadEntry[] {
    return this.store.state.entries.filter((entry) => entry.todoID === todoID);
  }

  add(todoID: string, file: File): Promise<void> {
    this.#last += 1;
    const id = this.#last;
    const state: UploadState = { at: "waiting" };
    const entry: UploadEntry = { id, todoID, name: file.name, size: file.size, fileID: null, state };
    this.#files.set(id, file);
    this.store.set({ entries: [...this.store.state.entries, entry] });
    return this.#run(id);
  }

  /** Starts a failed upload over. */
  async retry(id: number): Promise<void> {
    const entry = this.#find(id);
    if (entry && isOver(entry.state)) await this.#run(id);
  }

  cancel(id: number): void {
    this.#cancels.get(id)?.abort();
    if (this.#find(id)?.state.at === "waiting") this.dismiss(id);
  }

  dismiss(id: number): void {
    this.#files.delete(id);
    this.#cancels.delete(id);
    this.store.set({ entries: this.store.state.entries.filter((entry) => entry.id !== id) });
  }

  /** Ends what is under way to this todo, or everything. */
  drop(todoID?: string): void {
    for (const entry of todoID === undefined ? this.store.state.entries : this.of(todoID)) {
      this.cancel(entry.id);
      this.dismiss(entry.id);
    }
  }

  async #run(id: number): Promise<void> {
    const cancel = new AbortController();
    this.#cancels.set(id, cancel);
    this.#change(id, { state: { at: "waiting" } });
    await this.#turns.take(() => this.#send(id, cancel));
  }

  async #send(id: number, cancel: AbortController): Promise<void> {
    const file = this.#files.get(id);
    const entry = this.#find(id);
    if (!file || !entry) return;
    const steps = this.#steps(entry.todoID);
    const announce: UploadSteps["announce"] = async (wanted, signal) => {
      const leave = await steps.announce(wanted, signal);
      this.#change(id, { fileID: leave.file.fileID });
      return leave;
    };
    await runUpload(file, { ...steps, announce }, cancel.signal, (state) => {
      this.#change(id, { state });
      if (state.at === "cancelled") this.dismiss(id);
    });
  }

  #find(id: number): UploadEntry | undefined {
    return this.store.state.entries.find((entry) => entry.id === id);
  }

  #change(id: number, part: Partial<Pick<UploadEntry, "fileID" | "state">>): void {
    const entries = this.store.state.entries.map((entry) =>
      entry.id === id ? { ...entry, ...part } : entry,
    );
    this.store.set({ entries });
  }
}

/** The files of finished uploads among these entries. */
export function arrivedFiles(entries: readonly UploadEntry[]): { id: number; file: TodoFile }[] {
  return entries.flatMap(({ id, state }) => (state.at === "done" ? [{ id, file: state.file }] : []));
}
