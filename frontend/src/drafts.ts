// Typed text that must outlive the form it was typed into: a change of view, or a session that ends. It
// stays in memory, and belongs to one user: whoever else logs in never sees it.

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

  clear(): void {
    this.#texts.clear();
    this.#owner = null;
  }

  /** Fills the field from its draft, if there is one, and follows what is typed. Says whether there was one. */
  bind(field: HTMLInputElement | HTMLTextAreaElement, key: string): boolean {
    const kept = this.get(key);
    if (kept !== undefined) field.value = kept;
    field.addEventListener("input", () => this.set(key, field.value));
    return kept !== undefined;
  }
}
