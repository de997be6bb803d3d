// The smallest observable state there is: a value, a way to replace parts of it, and listeners.

export type Unsubscribe = () => void;

export class Store<T extends object> {
  #state: Readonly<T>;
  readonly #listeners = new Set<(state: Readonly<T>) => void>();

  constructor(initial: T) {
    this.#state = initial;
  }

  get state(): Readonly<T> {
    return this.#state;
  }

  /** Listeners hear of it only when a part is really another one. */
  set(part: Partial<T>): void {
    const keys = Object.keys(part) as (keyof T)[];
    if (keys.every((key) => Object.is(this.#state[key], part[key]))) return;
    this.#state = { ...this.#state, ...part };
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  subscribe(listener: (state: Readonly<T>) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
