// Where the sign-in library keeps its tokens: this origin's local storage, below one prefix per client. All
// tabs see it, which is how a logout in one reaches the others.
import type { Auth } from "./auth.ts";

/** The library writes several entries at a time; they are looked at once they are all there. */
const SETTLE = 150;

function prefix(clientId: string): string {
  return `CognitoIdentityServiceProvider.${clientId}.`;
}

/** Known without loading the library: whether there may be a session to take up. */
export function hasStoredSession(storage: Storage, clientId: string): boolean {
  return storage.getItem(`${prefix(clientId)}LastAuthUser`) !== null;
}

/** The same before the configuration is there: a session of any client. */
export function mayHaveSession(storage: Storage): boolean {
  return Object.keys(storage).some((key) => key.startsWith(prefix("").slice(0, -1)));
}

export function followOtherTabs(auth: Pick<Auth, "restore">, clientId: string): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener("storage", (event) => {
    if (event.storageArea !== localStorage) return;
    if (event.key !== null && !event.key.startsWith(prefix(clientId))) return;
    clearTimeout(timer);
    timer = setTimeout(() => void auth.restore().catch(() => undefined), SETTLE);
  });
}
