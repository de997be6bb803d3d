import { describe, expect, test, vi } from "vitest";
import { Auth, type IdentityProvider, normalizeEmail, type Tokens } from "../src/auth.ts";
import { authErrorMessage, isAlreadyConfirmed, loginErrorMessage } from "../src/auth-errors.ts";

const ada: Tokens = { accessToken: "a", identity: { sub: "1", email: "ada@example.com" } };
const bob: Tokens = { accessToken: "b", identity: { sub: "2", email: "bob@example.com" } };

function setUp(first: Tokens | null = ada) {
  let current = first;
  const provider = {
    tokens: vi.fn(async () => current),
    signIn: vi.fn(async () => {
      current = ada;
      return "done" as const;
    }),
    signOut: vi.fn(async () => {
      current = null;
    }),
    signUp: vi.fn(async () => undefined),
    confirm: vi.fn(async () => undefined),
    resendCode: vi.fn(async () => undefined),
    forgotPassword: vi.fn(async () => undefined),
    resetPassword: vi.fn(async () => undefined),
  } satisfies IdentityProvider;
  const auth = new Auth(async () => provider);
  return { auth, provider, become: (tokens: Tokens | null) => (current = tokens) };
}

test("addresses are compared in lower case and without the spaces around them", () => {
  expect(normalizeEmail("  Ada@Example.COM ")).toBe("ada@example.com");
});

test("every way in sends the address in lower case", async () => {
  const { auth, provider } = setUp(null);
  await auth.signUp("A@B.C", "secret");
  await auth.confirm("A@B.C", " 123456 ");
  await auth.resendCode("A@B.C");
  await auth.forgotPassword("A@B.C");
  await auth.resetPassword("A@B.C", "123456", "secret");
  await auth.signIn("A@B.C", "Secret");
  expect(provider.confirm).toHaveBeenCalledWith("a@b.c", "123456");
  expect(provider.signIn).toHaveBeenCalledWith("a@b.c", "Secret");
  const { signUp, resendCode, forgotPassword, resetPassword } = provider;
  for (const call of [signUp, resendCode, forgotPassword, resetPassword]) {
    expect(call.mock.calls[0]).toEqual(expect.arrayContaining(["a@b.c"]));
  }
});

describe("a session", () => {
  test("is taken up where an earlier page left one", async () => {
    const { auth } = setUp();
    expect(await auth.restore()).toEqual(ada.identity);
    expect(await auth.accessToken()).toBe("a");
  });

  test("that the user ended is told apart from one that ended by itself", async () => {
    const first = setUp();
    await first.auth.restore();
    await first.auth.signOut();
    expect(first.auth.store.state).toEqual({ identity: null, ending: "logged-out" });
    const second = setUp();
    await second.auth.restore();
    await second.auth.expire();
    expect(second.auth.store.state).toEqual({ identity: null, ending: "expired" });
    expect(second.provider.signOut).toHaveBeenCalledOnce();
  });

  test("ends here even if the provider fails to end it there", async () => {
    const { auth, provider } = setUp();
    await auth.restore();
    provider.signOut.mockRejectedValueOnce(new Error("offline"));
    await expect(auth.signOut()).rejects.toThrow("offline");
    expect(auth.identity).toBeNull();
  });

  test("that another tab ended is an ended session here", async () => {
    const { auth, become } = setUp();
    await auth.restore();
    become(null);
    await auth.restore();
    expect(auth.store.state).toEqual({ identity: null, ending: "expired" });
  });

  test("of somebody else in another tab lends this one no token, and is not ended by it", async () => {
    const { auth, provider, become } = setUp();
    await auth.restore();
    become(bob);
    expect(await auth.accessToken()).toBeNull();
    await auth.expire();
    expect(provider.signOut).not.toHaveBeenCalled();
    expect(auth.identity).toEqual(bob.identity);
  });

  test("is not announced again while it is the same", async () => {
    const { auth } = setUp();
    const listener = vi.fn();
    auth.store.subscribe(listener);
    await auth.restore();
    await auth.restore();
    expect(listener).toHaveBeenCalledOnce();
  });
});

test("a library that failed to load is asked for again", async () => {
  const { provider } = setUp();
  const load = vi.fn<() => Promise<IdentityProvider>>();
  load.mockRejectedValueOnce(new Error("offline")).mockResolvedValueOnce(provider);
  const auth = new Auth(load);
  await expect(auth.restore()).rejects.toThrow("offline");
  expect(await auth.restore()).toEqual(ada.identity);
});

const named = (name: string, message = "raw") => Object.assign(new Error(message), { name });

test("the login does not tell an unknown address from a wrong password, but tells a locked account", () => {
  const wrong = loginErrorMessage(named("NotAuthorizedException", "Incorrect username or password."));
  expect(wrong).toContain("wrong");
  expect(loginErrorMessage(named("UserNotFoundException"))).toBe(wrong);
  expect(loginErrorMessage(named("NotAuthorizedException", "Password attempts exceeded"))).toContain(
    "Too many attempts",
  );
  expect(loginErrorMessage(named("LimitExceededException"))).toContain("Too many attempts");
});

test("a refusal to confirm means that the account is confirmed already", () => {
  expect(isAlreadyConfirmed(named("NotAuthorizedException"))).toBe(true);
  expect(isAlreadyConfirmed(named("CodeMismatchException"))).toBe(false);
});

test("known errors are told in plain words, unknown ones in their own", () => {
  expect(authErrorMessage(named("CodeMismatchException"))).toContain("not right");
  expect(authErrorMessage(named("NotAuthorizedException", "SignUp is not permitted"))).toContain(
    "SignUp is not permitted",
  );
  expect(authErrorMessage(named("SomethingNew"))).toContain("raw");
  expect(authErrorMessage(null)).not.toBe("");
});
