// One key per submission. A retry of the same content carries the same key, so it can't add a second todo;
// other content is another submission, as the API refuses a key that comes back with another body.

export class SubmissionKey {
  #content: string | null = null;
  #key = "";
  readonly #newKey: () => string;

  constructor(newKey: () => string = () => crypto.randomUUID()) {
    this.#newKey = newKey;
  }

  for(body: unknown): string {
    const content = JSON.stringify(body);
    if (content !== this.#content) {
      this.#content = content;
      this.#key = this.#newKey();
    }
    return this.#key;
  }

  /** The submission arrived: the next one is a new one, even with the same content. */
  done(): void {
    this.#content = null;
  }
}
