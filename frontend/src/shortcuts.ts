// Single keys for everything, as data: what they do is in ui/keyboard.ts, the list of them in ui/shortcut-list.ts.

export type Action =
  | "add"
  | "search"
  | "next"
  | "previous"
  | "complete"
  | "edit"
  | "notes"
  | "attach"
  | "remove"
  | "undo"
  | "all"
  | "open"
  | "done"
  | "close"
  | "help";

export const SHORTCUTS: readonly { keys: readonly string[]; action: Action; label: string }[] = [
  { keys: ["n"], action: "add", label: "New todo" },
  { keys: ["/"], action: "search", label: "Search" },
  { keys: ["j", "ArrowDown"], action: "next", label: "Next todo" },
  { keys: ["k", "ArrowUp"], action: "previous", label: "Previous todo" },
  { keys: ["x"], action: "complete", label: "Complete or reopen" },
  { keys: ["e"], action: "edit", label: "Edit the open todo" },
  { keys: ["o"], action: "notes", label: "Its notes" },
  { keys: ["u"], action: "attach", label: "Attach files to it" },
  { keys: ["Delete", "#"], action: "remove", label: "Delete it" },
  { keys: ["z"], action: "undo", label: "Undo" },
  { keys: ["1"], action: "all", label: "Show all" },
  { keys: ["2"], action: "open", label: "Show open ones" },
  { keys: ["3"], action: "done", label: "Show done ones" },
  { keys: ["Escape"], action: "close", label: "Close, or leave a field" },
  { keys: ["?"], action: "help", label: "This list" },
];

/** Single keys can get in the way of speech input, so they can be switched off (WCAG 2.1.4). */
const SWITCH = "shortcuts";

export function shortcutsOn(storage: Pick<Storage, "getItem">): boolean {
  return storage.getItem(SWITCH) !== "off";
}

export function switchShortcuts(storage: Pick<Storage, "setItem" | "removeItem">, on: boolean): void {
  if (on) storage.removeItem(SWITCH);
  else storage.setItem(SWITCH, "off");
}

export interface Press {
  key: string;
  /** A modifier other than Shift is held. */
  modified: boolean;
  /** The focus is where text is typed. */
  typing: boolean;
}

/** What a key press asks for. In a field only Escape does; switched off, only Escape and the list itself do. */
export function actionOf({ key, modified, typing }: Press, on: boolean): Action | null {
  if (modified) return null;
  const found = SHORTCUTS.find(({ keys }) => keys.includes(key))?.action ?? null;
  if (typing) return found === "close" ? found : null;
  return on || found === "close" || found === "help" ? found : null;
}
