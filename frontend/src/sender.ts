// Sends what is in the outbox, one after the other, by one tab at a time. What doesn't get through stays and is
// tried again; what the API refuses is taken out and given back.
import type { Todo } from "./api.ts";
import { ApiError, SessionEndedError } from "./api-error.ts";
import type { Entry, Outbox } from "./outbox.ts";
import { Store } from "./store.ts";

/** `waiting`: the last try did not get through, another one follows. */
export type SenderPhase = "idle" | "sending" | "waiting";

export interface Outcome {
  /** The API's answer; `null` for a deletion, for what is kept for later, and for what another tab has sent. */
  todo: Todo | null;
  kept: boolean;
}

export interface SenderParts {
  outbox: Outbox;
  perform(entry: Entry): Promise<Todo | null>;
  /** Runs the work while no other tab does the same. */
  exclusively(work: () => Promise<void>): Promise<void>;
  /** An entry has arrived, or was refused: before anybody who waits for it hears of it. */
  arrived(entry: Entry, todo: Todo | null): void;
  /** `heard`: somebody waits for it. Nobody does for what had been kept for later. */
  refused(entry: Entry, error: unknown, heard: boolean): void;
  /** Another tab has sent something of this one's. */
  sentElsewhere(): void;
  now(): number;
  later(milliseconds: number, work: () => void): () => void;
}

/** Milliseconds between tries; the last one repeats. */
export const RETRY_WAITS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;
/** A server that fails on the same write so often is not going to take it; one that is away (502 to 504) may come back. */
export const MAX_FAILURES = 5;

export class Sender {
  readonly store = new Store<{ phase: SenderPhase }>({ phase: "idle" });
  readonly #parts: SenderParts;
  readonly #waiting = new Map<string, { resolve(outcome: Outcome): void; reject(error: unknown): void }>();
  #active = false;
  #running = false;
  #again = false;
  #tries = 0;
  #failures = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Settles with the entry's first outcome; rejects where the API refuses it. */
  outcome(entry: Entry): Promise<Outcome> {
    return new Promise((resolve, reject) => this.#waiting.set(entry.id, { resolve, reject }));
  }

  start(): void {
    this.#active = true;
    this.kick();
  }

  /** The session is over: what is left waits for its user. */
  stop(): void {
    this.#active = false;
    this.#cancelTimer();
    this.store.set({ phase: "idle" });
    this.#keepAll();
  }

  /** There may be something to send, or a reason to try again at once. */
  kick(): void {
    this.#cancelTimer();
    if (!this.#active) return;
    if (this.#running) this.#again = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      do {
        this.#again = false;
        await this.#parts.exclusively(() => this.#drain());
      } while (this.#again && this.#active);
    } finally {
      this.#running = false;
    }
  }

  async #drain(): Promise<void> {
    for (let entry = this.#next(); entry && this.#active; entry = this.#next()) {
      if (this.store.state.phase === "idle") this.store.set({ phase: "sending" });
      if (!(await this.#send(entry))) return;
      this.#tries = 0;
      this.#failures = 0;
    }
    if (!this.#active) return;
    this.store.set({ phase: "idle" });
    this.#sleepUntilDue();
  }

  /** Says whether the next one may follow. */
  async #send(entry: Entry): Promise<boolean> {
    try {
      this.#arrived(entry, await this.#parts.perform(entry));
      return true;
    } catch (error) {
      if (error instanceof SessionEndedError) this.#keepAll();
      else if (this.#mayPass(error)) this.#wait(error);
      else {
        this.#refused(entry, error);
        return true;
      }
      return false;
    }
  }

  /** Another tab may have sent what this one was waiting for. */
  #next(): Entry | undefined {
    const { outbox, now } = this.#parts;
    if (outbox.reread()) this.#parts.sentElsewhere();
    for (const [id, { resolve }] of this.#waiting) {
      if (outbox.has(id)) continue;
      this.#waiting.delete(id);
      resolve({ todo: null, kept: false });
    }
    return outbox.entries.find((entry) => entry.notBefore <= now());
  }

  #arrived(entry: Entry, todo: Todo | null): void {
    const { outbox } = this.#parts;
    if (entry.write.kind === "add" && todo) outbox.settle(entry, todo.todoID);
    else outbox.remove(entry.id);
    this.#parts.arrived(entry, todo);
    this.#take(entry)?.resolve({ todo, kept: false });
  }

  #refused(entry: Entry, error: unknown): void {
    this.#parts.outbox.remove(entry.id);
    const waiting = this.#take(entry);
    this.#parts.refused(entry, error, waiting !== undefined);
    waiting?.reject(error);
  }

  #mayPass(error: unknown): error is ApiError {
    if (!(error instanceof ApiError) || !error.isTransient) return false;
    if (error.status === 500) this.#failures += 1;
    return this.#failures < MAX_FAILURES;
  }

  #wait({ retryAfter }: ApiError): void {
    const wait = RETRY_WAITS[Math.min(this.#tries, RETRY_WAITS.length - 1)] ?? 0;
    this.#tries += 1;
    this.#cancelTimer = this.#parts.later(Math.max(wait, (retryAfter ?? 0) * 1_000), () => this.kick());
    this.store.set({ phase: "waiting" });
    this.#keepAll();
  }

  #sleepUntilDue(): void {
    const { outbox, now, later } = this.#parts;
    const next = Math.min(...outbox.entries.map(({ notBefore }) => notBefore));
    if (Number.isFinite(next)) this.#cancelTimer = later(Math.max(0, next - now()), () => this.kick());
  }

  #keepAll(): void {
    for (const { resolve } of this.#waiting.values()) resolve({ todo: null, kept: true });
    this.#waiting.clear();
  }

  #take(entry: Entry) {
    const waiting = this.#waiting.get(entry.id);
    this.#waiting.delete(entry.id);
    return waiting;
  }
}
