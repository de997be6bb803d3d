// Short news at the edge of the page: said to assistive technology, gone by themselves, with at most one
// action to take back what was just done.
import { h, icon, replace } from "../dom.ts";
import { ICONS } from "./icons.ts";

const SHOWN_FOR = 7_000;

export class Notices {
  readonly element = h("div", { class: "notices", role: "status" });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #gone: () => void = () => undefined;

  /** `gone` is called once the action can no longer be taken, not where it was. */
  show(text: string, action?: { label: string; run: () => void; gone?: () => void }): void {
    this.clear();
    this.#gone = action?.gone ?? (() => undefined);
    const button =
      action &&
      h(
        "button",
        {
          type: "button",
          class: "button small",
          "data-key": "undo",
          on: {
            click: () => {
              this.#gone = () => undefined;
              this.clear();
              action.run();
            },
          },
        },
        icon(ICONS.undo),
        action.label,
      );
    const notice = h("div", { class: "notice" }, h("span", {}, text), button);
    replace(this.element, notice);
    const start = () => {
      this.#timer = setTimeout(() => this.clear(), SHOWN_FOR);
    };
    notice.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    notice.addEventListener("pointerleave", start);
    notice.addEventListener("focusin", () => clearTimeout(this.#timer));
    notice.addEventListener("focusout", start);
    start();
  }

  clear(): void {
    clearTimeout(this.#timer);
    const gone = this.#gone;
    this.#gone = () => undefined;
    replace(this.element);
    gone();
  }
}
