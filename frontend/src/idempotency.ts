// One key per submission. One that failed may have arrived nevertheless: the same content again carries the same
// key, so it can't add a second todo. Other content is another submission, as the API refuses a key that comes back
// with another body.

export class SubmissionKey {
  #failed: { content: string; key: string } | null = null;
  readonly #newKey: () => string;

  constructor(newKey: () => string = () => crypto.randomUUID()) {
    this.#newKey = newKey;
  }

  for(body: unknown): string {
    const failed = this.#failed;
    this.#failed = null;
    return failed?.content === JSON.stringify(body) ? failed.key : this.#newKey();
  }

  failed(body: unknown, key: string): void {
    this.#failed = { content: JSON.stringify(body), key };
  }
}
