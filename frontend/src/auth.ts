// Who is signed in, and the way there and back. Tokens stay with the identity provider's own store; this
// module hands out the access token of the moment and says when the session has ended.
import { Store } from "./store.ts";

export interface Identity {
  sub: string;
  email: string;
}

export interface Tokens {
  accessToken: string;
  identity: Identity;
}

export type SignInOutcome = "done" | "unconfirmed" | "reset";

export interface IdentityProvider {
  /** `null` where nobody is signed in, or the session can't be renewed. Throws where it can't be told. */
  tokens(forceRefresh: boolean): Promise<Tokens | null>;
  signIn(email: string, password: string): Promise<SignInOutcome>;
  signOut(): Promise<void>;
  signUp(email: string, password: string): Promise<void>;
  confirm(email: string, code: string): Promise<void>;
  resendCode(email: string): Promise<void>;
  forgotPassword(email: string): Promise<void>;
  resetPassword(email: string, code: string, password: string): Promise<void>;
}

export type Ending = "logged-out" | "expired";

export interface AuthState {
  identity: Identity | null;
  /** Why nobody is signed in any more; `null` before the first sign-in. */
  ending: Ending | null;
}

/** The pool compares addresses letter by letter, people don't. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

export class Auth {
  readonly store = new Store<AuthState>({ identity: null, ending: null });
  readonly #load: () => Promise<IdentityProvider>;
  #provider: Promise<IdentityProvider> | null = null;

  constructor(load: () => Promise<IdentityProvider>) {
    this.#load = load;
  }

  get identity(): Identity | null {
    return this.store.state.identity;
  }

  /** Takes up the session that an earlier page, or another tab, has left. */
  async restore(): Promise<Identity | null> {
    const tokens = await (await this.provider()).tokens(false);
    this.#adopt(tokens?.identity ?? null, "expired");
    return this.identity;
  }

  async accessToken(forceRefresh = false): Promise<string | null> {
    const tokens = await (await this.provider()).tokens(forceRefresh);
    return tokens !== null && tokens.identity.sub === this.identity?.sub ? tokens.accessToken : null;
  }

  async signIn(email: string, password: string): Promise<SignInOutcome> {
    const outcome = await (await this.provider()).signIn(normalizeEmail(email), password);
    if (outcome === "done") await this.restore();
    return outcome;
  }

  /** Revokes the refresh token, and ends the session here even where the network is gone. */
  async signOut(): Promise<void> {
    await this.#end("logged-out");
  }

  /** A token was refused. Where another tab has logged somebody else in, that session is taken up instead. */
  async expire(): Promise<void> {
    const tokens = await (await this.provider()).tokens(false).catch(() => null);
    if (tokens !== null && tokens.identity.sub !== this.identity?.sub)
      this.#adopt(tokens.identity, "expired");
    else await this.#end("expired");
  }

  async signUp(email: string, password: string): Promise<void> {
    await (await this.provider()).signUp(normalizeEmail(email), password);
  }

  async confirm(email: string, code: string): Promise<void> {
    await (await this.provider()).confirm(normalizeEmail(email), code.trim());
  }

  async resendCode(email: string): Promise<void> {
    await (await this.provider()).resendCode(normalizeEmail(email));
  }

  async forgotPassword(email: string): Promise<void> {
    await (await this.provider()).forgotPassword(normalizeEmail(email));
  }

  async resetPassword(email: string, code: string, password: string): Promise<void> {
    await (await this.provider()).resetPassword(normalizeEmail(email), code.trim(), password);
  }

  /** A chunk that failed to load is asked for again the next time. */
  provider(): Promise<IdentityProvider> {
    this.#provider ??= this.#load().catch((error: unknown) => {
      this.#provider = null;
      throw error;
    });
    return this.#provider;
  }

  async #end(ending: Ending): Promise<void> {
    if (this.identity === null) return;
    try {
      await (await this.provider()).signOut();
    } finally {
      this.#adopt(null, ending);
    }
  }

  #adopt(identity: Identity | null, ending: Ending): void {
    const before = this.identity;
    if (identity?.sub === before?.sub) return;
    this.store.set({ identity, ending: identity === null ? ending : null });
  }
}
