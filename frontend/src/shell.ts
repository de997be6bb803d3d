// What stays while the views change: the bar with the user's address and the way out, the place for the
// view, and the notices.
import type { Identity } from "./auth.ts";
import type { View } from "./context.ts";
import { h, icon, replace } from "./dom.ts";
import { ICONS } from "./ui/icons.ts";
import { Notices } from "./ui/notices.ts";

export class Shell {
  readonly notices = new Notices();
  /** Where news of the connection goes, and of what could not be saved. */
  readonly news = h("div", { class: "news" });
  readonly #main = h("main", { id: "main" });
  readonly #user = h("div", { class: "bar-user" });
  readonly #logOut: () => void;
  #first = true;

  constructor(root: HTMLElement, logOut: () => void) {
    this.#logOut = logOut;
    const brand = h(
      "a",
      { class: "brand", href: "/" },
      h("span", { class: "brand-mark" }, icon(ICONS.check)),
      "Todo",
    );
    replace(
      root,
      this.#skipLink(),
      h("header", { class: "bar" }, brand, this.#user),
      this.news,
      this.#main,
      this.notices.element,
    );
    this.#main.tabIndex = -1;
  }

  /** Moves the focus itself: what is behind `#` in the address belongs to the list. */
  #skipLink(): HTMLElement {
    const link = h("a", { class: "skip", href: "#main" }, "Skip to the content");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.#main.focus();
    });
    return link;
  }

  showUser(identity: Identity | null): void {
    if (identity === null) {
      replace(this.#user);
      return;
    }
    const button = h("button", { type: "button", class: "button quiet" }, icon(ICONS.logout), "Log out");
    button.addEventListener("click", () => this.#logOut());
    const help = h(
      "button",
      {
        type: "button",
        class: "button quiet icon-only help",
        "aria-label": "Keyboard shortcuts",
        title: "Keyboard shortcuts (?)",
      },
      "?",
    );
    help.addEventListener("click", () => {
      void import("./ui/shortcut-list.ts").then(({ showShortcuts }) => showShortcuts());
    });
    replace(this.#user, h("span", { class: "bar-email" }, identity.email), help, button);
  }

  show(view: View): void {
    replace(this.#main, view.element);
    this.settle(view);
  }

  /** The title and the focus follow the view; the first page of a visit leaves the focus to its fields. */
  settle(view: View): void {
    document.title = `${view.title} · Todo`;
    const isField = view.focus instanceof HTMLInputElement;
    if (!this.#first || isField) view.focus?.focus({ preventScroll: isField });
    if (!this.#first) scrollTo(0, 0);
    this.#first = false;
  }

  showMessage(element: HTMLElement): void {
    replace(this.#main, element);
  }
}
