// The focus is never lost: where the element that has it is taken away and nobody says where it goes, it goes to what
// stands in that place now, or to the place itself.
import { byKey } from "../dom.ts";

const USABLE = "button:not([hidden]), a[href]";

export function holdFocus(): void {
  /** From the element that had the focus last up to the body. */
  let path: Element[] = [];
  addEventListener("focusin", (event) => {
    path = event.composedPath().filter((each) => each instanceof Element);
  });
  /** A click beside everything takes the focus away on purpose. */
  addEventListener("focusout", () =>
    queueMicrotask(() => {
      if (path[0]?.isConnected && document.activeElement === document.body) path = [];
    }),
  );
  new MutationObserver(() => {
    const [lost, ...around] = path;
    if (!(lost instanceof HTMLElement) || lost.isConnected || document.activeElement !== document.body)
      return;
    for (const place of around) {
      if (!(place instanceof HTMLElement && place.isConnected)) continue;
      heirOf(place, lost).focus({ preventScroll: true });
      // What is not on the screen takes no focus.
      if (document.activeElement !== document.body) return;
    }
  }).observe(document.body, { childList: true, subtree: true });
}

function heirOf(place: HTMLElement, { dataset }: HTMLElement): HTMLElement {
  const main = document.querySelector<HTMLElement>("main");
  if (main && place.contains(main)) return main;
  const same = dataset["key"] === undefined ? null : byKey(place, dataset["key"]);
  const heir = same ?? place.querySelector<HTMLElement>(USABLE);
  if (!heir) place.tabIndex = -1;
  return heir ?? place;
}
