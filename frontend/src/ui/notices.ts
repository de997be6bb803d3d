// Short news at the edge of the page: said to assistive technology, gone by themselves, with at most one
// action to take back what was just done.
import { h, icon } from "../dom.ts";
import { ICONS } from "./icons.ts";

const SHOWN_FOR = 7_000;

export interface NoticeAction {
  label: string;
  run: () => void;
  /** Called once the action can no longer be taken, not where it was. */
  gone?: () => void;
}

type Place = "news" | "action";

export class Notices {
  readonly element = h("div", { class: "notices", role: "status" });
  /** One of each at a time: mere news never takes away what can still be undone. */
  readonly #ends = new Map<Place, () => void>();

  show(text: string, action?: NoticeAction): void {
    const place: Place = action ? "action" : "news";
    this.#end(place);
    const notice = h("div", { class: "notice" }, h("span", {}, text));
    const stop = this.#countDown(notice, place);
    const leave = () => {
      stop();
      notice.remove();
    };
    this.#ends.set(place, () => {
      leave();
      action?.gone?.();
    });
    if (action) notice.append(this.#button(action, leave));
    this.element.append(notice);
  }

  clear(): void {
    for (const place of [...this.#ends.keys()]) this.#end(place);
  }

  #end(place: Place): void {
    const end = this.#ends.get(place);
    this.#ends.delete(place);
    end?.();
  }

  /** What was taken is not gone: `run` comes instead. */
  #button({ label, run }: NoticeAction, leave: () => void): HTMLElement {
    const button = h("button", { type: "button", class: "button small", "data-key": "undo" });
    button.append(icon(ICONS.undo), label);
    button.addEventListener("click", () => {
      this.#ends.delete("action");
      leave();
      run();
    });
    return button;
  }

  /** Whoever points at it, or is in it with the focus, is not hurried. Returns what stops it. */
  #countDown(notice: HTMLElement, place: Place): () => void {
    const held = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop();
      if (held.size === 0) timer = setTimeout(() => this.#end(place), SHOWN_FOR);
    };
    for (const [begin, end] of [
      ["pointerenter", "pointerleave"],
      ["focusin", "focusout"],
    ] as const) {
      notice.addEventListener(begin, () => {
        held.add(begin);
        stop();
      });
      notice.addEventListener(end, () => {
        held.delete(begin);
        start();
      });
    }
    start();
    return stop;
  }
}
