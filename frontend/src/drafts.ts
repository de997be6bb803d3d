// Typed text that must outlive the form it was typed into: a change of view, or a session that ends. It
// stays in memory, and belongs to one user: whoever else logs in never sees it.

type TextInput = HTMLInputElement | HTMLTextAreaElement;

export class Drafts {
  #owner: string | null = null;
  readonly #texts = new Map<string, string>();

  /** Keeps the drafts of the same user, drops those of another. Says whether it is the same. */
  adopt(owner: string): boolean {
    const same = this.#owner === owner;
    if (!same) this.#texts.clear();
    this.#owner = owner;
    return same;
  }

  get(key: string): string | undefined {
    return this.#texts.get(key);
  }

  set(key: string, text: string): void {
    this.#texts.set(key, text);
  }

  /** Forgets one draft, or with a trailing dot all those below it. */
  drop(key: string): void {
    if (!key.endsWith(".")) this.#texts.delete(key);
    else for (const name of [...this.#texts.keys()]) if (name.startsWith(key)) this.#texts.delete(name);
  }

  /** Whether something was typed that is nowhere else yet. */
  get any(): boolean {
    return this.#texts.size > 0;
  }

  clear(): void {
    this.#texts.clear();
    this.#owner = null;
  }

  /** Fills the field from its draft, if there is one, and follows what is typed: the text it had before is no draft. */
  bind(field: TextInput, key: string): void {
    const before = field.value;
    field.value = this.get(key) ?? before;
    field.addEventListener("input", () => {
      if (field.value === before) this.drop(key);
      else this.set(key, field.value);
    });
  }

  /** This text was refused: it is a draft again, except where something else was typed meanwhile. */
  giveBack(field: TextInput, key: string, sent: string): void {
    if (sent === "" || this.get(key) !== undefined) return;
    this.set(key, sent);
    if (field.value === "") field.value = sent;
  }

  /** This text has arrived: forgets it and empties its field, except where something else was typed meanwhile. */
  release(field: TextInput, key: string, sent: string): void {
    if (field.value === sent) field.value = "";
    if (this.get(key) === sent) this.drop(key);
  }
}
