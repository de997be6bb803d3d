// Changes that were kept for later and then refused. Whoever made them has gone on meanwhile, so what was refused,
// why, and the text of it stay until they are dismissed: nothing that was typed is lost unheard.
import { fullMessageOf } from "./api-error.ts";
import type { Entry, Write } from "./outbox.ts";
import { Store } from "./store.ts";

export interface Refusal {
  id: string;
  summary: string;
  reason: string;
  /** What was typed; empty where nothing was. */
  text: string;
}

/** `title` is that of the todo, where it is known. */
export function refusalOf({ id, write }: Entry, title: string | undefined, error: unknown): Refusal {
  const name = title === undefined ? "A todo" : `“${title}”`;
  return { id, summary: summaryOf(write, name), reason: fullMessageOf(error), text: textOf(write) };
}

export class Refusals {
  readonly store = new Store<{ items: readonly Refusal[] }>({ items: [] });

  get any(): boolean {
    return this.store.state.items.length > 0;
  }

  add(refusal: Refusal): void {
    this.store.set({ items: [...this.store.state.items, refusal] });
  }

  dismiss(id: string): void {
    this.store.set({ items: this.store.state.items.filter((item) => item.id !== id) });
  }

  clear(): void {
    this.store.set({ items: [] });
  }
}

function summaryOf(write: Write, name: string): string {
  switch (write.kind) {
    case "add":
      return `${name} was not added.`;
    case "update":
      return `${name} was not changed.`;
    case "complete":
      return `${name} was not ${write.part.completed ? "completed" : "reopened"}.`;
    case "notes":
      return `${name}: the notes were not saved.`;
    case "delete":
      return `${name} was not deleted.`;
  }
}

function textOf(write: Write): string {
  if (write.kind === "notes") return write.part.notes;
  if (write.kind !== "add" && write.kind !== "update") return "";
  const { title, description, dateDue } = write.kind === "add" ? write.body : write.part;
  return [title, dateDue, description].filter((text) => text).join("\n");
}
