// A question that has to be answered before something is lost. The browser's own modal dialog: it holds the
// focus, closes on Escape and gives the focus back, even to a button that was drawn anew in the meantime.
import { byKey, h } from "../dom.ts";

export interface Question {
  title: string;
  text: string;
  action: string;
}

export function confirmDialog(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = h("button", { type: "button", class: "button" }, "Cancel");
    const action = h("button", { type: "button", class: "button danger" }, question.action);
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      h("h2", { id: "dialog-title" }, question.title),
      h("p", { id: "dialog-text" }, question.text),
      h("div", { class: "dialog-actions" }, cancel, action),
    );
    const opener = document.activeElement;
    let answer = false;
    cancel.addEventListener("click", () => dialog.close());
    action.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      const key = opener instanceof HTMLElement && !opener.isConnected ? opener.dataset["key"] : undefined;
      if (key !== undefined) byKey(document.body, key)?.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}
