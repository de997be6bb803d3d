// The notes of a todo between what is saved and what is typed. A draft remembers the notes it was begun on, so
// that a change made elsewhere meanwhile is neither hidden nor overwritten unawares.
import type { Drafts } from "./drafts.ts";

export class NotesDraft {
  readonly #drafts: Drafts;
  readonly #key: string;
  #saved: string;

  constructor(drafts: Drafts, todoID: string, saved: string) {
    this.#drafts = drafts;
    this.#key = `todo.${todoID}.notes`;
    this.#saved = asTyped(saved);
  }

  /** What belongs into the field. */
  get text(): string {
    return this.#drafts.get(this.#key) ?? this.#saved;
  }

  get unsaved(): boolean {
    return this.#drafts.get(this.#key) !== undefined;
  }

  /** Other notes have been saved since this draft was begun. */
  get overtaken(): boolean {
    return this.unsaved && this.#drafts.get(this.#baseKey) !== this.#saved;
  }

  type(text: string): void {
    if (text === this.#saved) this.#forget();
    else {
      if (!this.unsaved) this.#drafts.set(this.#baseKey, this.#saved);
      this.#drafts.set(this.#key, text);
    }
  }

  /** The server says what is saved now. */
  update(saved: string): void {
    this.#saved = asTyped(saved);
    if (this.text === this.#saved) this.#forget();
  }

  /** This text has arrived. What was typed after it goes on as a draft on top of it. */
  arrived(sent: string, saved: string): void {
    if (this.text === sent) this.#forget();
    this.update(saved);
    if (this.unsaved) this.#drafts.set(this.#baseKey, this.#saved);
  }

  get #baseKey(): string {
    return `${this.#key}.base`;
  }

  #forget(): void {
    this.#drafts.drop(this.#key);
    this.#drafts.drop(this.#baseKey);
  }
}

/** A text area has no other line ends. */
function asTyped(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}
