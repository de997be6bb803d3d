// Paths to views over the History API. Paths carry names and ids only: never a token, an address or text. What is
// behind `#` stays in the browser.

export interface Match<N extends string> {
  name: N;
  params: Record<string, string>;
}

/** Patterns are literal segments and `:name` segments; the first that fits wins. */
export function matchPath<N extends string>(routes: Record<string, N>, path: string): Match<N> | null {
  const parts = segments(path);
  for (const [pattern, name] of Object.entries(routes)) {
    const params = matchSegments(segments(pattern), parts);
    if (params) return { name, params };
  }
  return null;
}

function matchSegments(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = parts[index] ?? "";
    if (expected.startsWith(":")) {
      const value = decode(actual);
      if (value === null) return null;
      params[expected.slice(1)] = value;
    } else if (expected !== actual) return null;
  }
  return params;
}

function segments(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export class Router {
  readonly #onPath: (path: string) => void;
  readonly #suffix: (path: string) => string;

  /** `suffix` gives what belongs behind a path in the address: empty, or from `#` on. */
  constructor(onPath: (path: string) => void, suffix: (path: string) => string = () => "") {
    this.#onPath = onPath;
    this.#suffix = suffix;
  }

  get path(): string {
    return location.pathname;
  }

  start(): void {
    addEventListener("popstate", () => this.#onPath(this.path));
    document.addEventListener("click", (event) => this.#follow(event));
    this.#onPath(this.path);
  }

  go(path: string, how: "push" | "replace" = "push"): void {
    const address = path + this.#suffix(path);
    if (address !== location.pathname + location.hash) this.#note(address, how);
    this.#onPath(path);
  }

  /** The suffix of the path on the screen has changed. */
  refresh(how: "push" | "replace"): void {
    const address = this.path + this.#suffix(this.path);
    if (address !== location.pathname + location.hash) this.#note(address, how);
  }

  #note(address: string, how: "push" | "replace"): void {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  /** Plain clicks on links of this app stay in the page; everything else is the browser's. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.href || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || to.hash !== "") return;
    event.preventDefault();
    this.go(to.pathname);
  }
}
