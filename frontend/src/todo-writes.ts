// Every change of a todo: shown at once, kept until the API has it, and taken back on the screen where the API
// refuses it.
import type { Api, NewTodo, Todo } from "./api.ts";
import { changeOf, type Entry, localID, type Outbox, rebased, type Write } from "./outbox.ts";
import { Refusals, refusalOf } from "./refusals.ts";
import { type Outcome, Sender, type SenderParts } from "./sender.ts";
import type { Change, TodoList } from "./todo-list.ts";

/** The longest that a deletion waits for a change of mind; the notice with its Undo is gone long before. */
const UNDO_FOR = 60_000;

type Surroundings = Pick<SenderParts, "exclusively" | "now" | "later">;

export class TodoWrites {
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly refusals = new Refusals();
  readonly #list: () => TodoList;
  readonly #api: Api;
  readonly #now: () => number;
  /** The todos before the changes that this page has made and that are under way, by their entries. */
  readonly #before = new Map<string, Todo>();
  /** The ids that todos had here before the API gave them theirs: what was drawn then may still speak of them. */
  readonly #renamed = new Map<string, string>();
  #onDeleted: (todoID: string) => void = () => undefined;

  /** `list` is asked for each time: another user has another one. */
  constructor(api: Api, outbox: Outbox, list: () => TodoList, surroundings: Surroundings) {
    this.#api = api;
    this.outbox = outbox;
    this.#list = list;
    this.#now = surroundings.now;
    this.sender = new Sender({
      ...surroundings,
      outbox,
      perform: (entry) => this.#perform(entry),
      arrived: (entry, todo) => this.#arrived(entry, todo),
      refused: (entry, error, heard) => {
        if (!heard) this.refusals.add(refusalOf(entry, this.#titleOf(entry), error));
        this.#refused(entry);
      },
      sentElsewhere: () => void this.#list().load(),
    });
  }

  onDeleted(listener: (todoID: string) => void): void {
    this.#onDeleted = listener;
  }

  /** What the API's answers don't know of yet, for the list. */
  pending(): Change[] {
    return this.outbox.entries.map(changeOf);
  }

  /** An answer of the API with what it can't know of yet; `null` where that is a deletion. */
  asShown(todo: Todo): Todo | null {
    return rebased(todo, this.outbox.entries);
  }

  isDeleted(todoID: string): boolean {
    return this.outbox.entries.some(({ write }) => write.kind === "delete" && write.todoID === todoID);
  }

  waitsFor(todoID: string): boolean {
    return this.outbox.entries.some(({ write }) => write.kind !== "delete" && write.todoID === todoID);
  }

  add(body: NewTodo, key: string): Promise<Outcome> {
    const now = this.#now();
    const dateCreated = new Date(now).toISOString();
    return this.#do({ kind: "add", todoID: localID(now, key), body, dateCreated }, null, key);
  }

  update(todo: Todo, part: Partial<NewTodo>): Promise<Outcome> {
    const known = this.#known(todo);
    return this.#do({ kind: "update", todoID: known.todoID, part }, known);
  }

  complete(todo: Todo, completed: boolean): Promise<Outcome> {
    const known = this.#known(todo);
    return this.#do({ kind: "complete", todoID: known.todoID, part: { completed } }, known);
  }

  annotate(todo: Todo, notes: string): Promise<Outcome> {
    return this.#do({ kind: "notes", todoID: todo.todoID, part: { notes } }, todo);
  }

  /** Not sent before `commit`, nor where `undo` comes first. */
  remove(todo: Todo): { commit(): void; undo(): boolean; outcome: Promise<Outcome> } {
    const entry = this.#enter({ kind: "delete", todoID: todo.todoID }, todo, UNDO_FOR);
    return {
      outcome: this.sender.outcome(entry),
      commit: () => this.#commit(entry.id),
      undo: () => {
        if (!this.outbox.remove(entry.id)) return false;
        this.#before.delete(entry.id);
        this.#list().put(todo);
        return true;
      },
    };
  }

  /** Whatever could still be undone is sent now. */
  commit(): void {
    this.#commit();
  }

  /**
   * For a page that is being left: what it has deleted, and waits for a change of mind, goes out without anybody to hear
   * the answer. The deletions of other tabs are theirs to send.
   */
  flush(): void {
    for (const { id, write, notBefore } of this.outbox.entries) {
      if (notBefore === 0 || !this.#before.has(id)) continue;
      this.#api.deleteTodoUnheard(write.todoID);
      this.outbox.hasten(id);
    }
  }

  #commit(id?: string): void {
    this.outbox.hasten(id);
    this.sender.kick();
  }

  #do(write: Write, before: Todo | null, id?: string): Promise<Outcome> {
    const entry = this.#enter(write, before, 0, id);
    const outcome = this.sender.outcome(entry);
    this.sender.kick();
    return outcome;
  }

  #enter(write: Write, before: Todo | null, undoFor: number, id: string = crypto.randomUUID()): Entry {
    const entry = { id, write, notBefore: undoFor === 0 ? 0 : this.#now() + undoFor };
    if (before) this.#before.set(id, before);
    this.outbox.append(entry);
    const change = changeOf(entry);
    if ("put" in change) this.#list().put(change.put);
    else if ("remove" in change) this.#list().remove(change.remove);
    else if (before) this.#list().put({ ...before, ...change.part });
    return entry;
  }

  #known(todo: Todo): Todo {
    return { ...todo, todoID: this.#renamed.get(todo.todoID) ?? todo.todoID };
  }

  #titleOf({ id, write }: Entry): string | undefined {
    if (write.kind === "add") return write.body.title;
    return (this.#before.get(id) ?? this.#list().find(write.todoID))?.title;
  }

  async #perform({ id, write }: Entry): Promise<Todo | null> {
    switch (write.kind) {
      case "add":
        return this.#api.addTodo(write.body, id);
      case "update":
        return this.#api.updateTodo(write.todoID, write.part);
      case "complete":
        return this.#api.completeTodo(write.todoID, write.part.completed);
      case "notes":
        return this.#api.addTodoNotes(write.todoID, write.part.notes);
      case "delete":
        await this.#api.deleteTodo(write.todoID);
        return null;
    }
  }

  #arrived({ id, write }: Entry, todo: Todo | null): void {
    this.#before.delete(id);
    if (write.kind === "delete") this.#onDeleted(write.todoID);
    const shown = todo && this.asShown(todo);
    if (write.kind === "add" && todo) this.#renamed.set(write.todoID, todo.todoID);
    if (write.kind === "add" && shown) this.#list().rename(write.todoID, shown);
    else if (write.kind === "add") this.#list().remove(write.todoID);
    else if (shown) this.#list().put(shown);
  }

  #refused({ id, write }: Entry): void {
    const before = this.#before.get(id);
    this.#before.delete(id);
    if (write.kind === "add") this.#list().remove(write.todoID);
    else if (before) {
      const shown = this.asShown(before);
      if (shown) this.#list().put(shown);
    } else void this.#list().load();
  }
}
