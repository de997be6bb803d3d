// The only file that knows the Cognito library. It is loaded as a chunk of its own, beside the first paint.
import {
  confirmResetPassword,
  confirmSignUp,
  fetchAuthSession,
  resendSignUpCode,
  resetPassword,
  signIn,
  signOut,
  signUp,
} from "@aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "@aws-amplify/auth/cognito";
import { Amplify } from "@aws-amplify/core";
import type { IdentityProvider, SignInOutcome, Tokens } from "./auth.ts";
import type { Config } from "./config.ts";
import { ToldError } from "./told-error.ts";

export function createCognito(config: Config): IdentityProvider {
  const auth = {
    Cognito: {
      userPoolId: config.userPoolId,
      userPoolClientId: config.userPoolClientId,
      userPoolEndpoint: config.cognitoEndpoint,
    },
  };
  cognitoUserPoolsTokenProvider.setAuthConfig(auth);
  Amplify.configure({ Auth: auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
  return {
    tokens,
    signIn: start,
    signOut: () => signOut(),
    signUp: async (email, password) => {
      await signUp({ username: email, password, options: { userAttributes: { email } } });
    },
    confirm: async (email, code) => {
      await confirmSignUp({ username: email, confirmationCode: code });
    },
    resendCode: async (email) => {
      await resendSignUpCode({ username: email });
    },
    forgotPassword: async (email) => {
      await resetPassword({ username: email });
    },
    resetPassword: (email, code, password) =>
      confirmResetPassword({ username: email, confirmationCode: code, newPassword: password }),
  };
}

async function tokens(forceRefresh: boolean): Promise<Tokens | null> {
  const session = await fetchAuthSession({ forceRefresh });
  const access = session.tokens?.accessToken;
  const sub = access?.payload.sub;
  if (!access || !sub) return null;
  const email = session.tokens?.idToken?.payload["email"];
  return { accessToken: access.toString(), identity: { sub, email: typeof email === "string" ? email : "" } };
}

async function start(email: string, password: string): Promise<SignInOutcome> {
  // What an ended session may have left would make the library refuse a new one.
  if ((await fetchAuthSession().catch(() => null))?.tokens) await signOut();
  const { nextStep } = await signIn({ username: email, password });
  switch (nextStep.signInStep) {
    case "DONE":
      return "done";
    case "CONFIRM_SIGN_UP":
      return "unconfirmed";
    case "RESET_PASSWORD":
      return "reset";
    default:
      throw new ToldError([
        `This account asks for a sign-in step that this app does not have: ${nextStep.signInStep}.`,
        "Log in with another account, or tell whoever runs this site.",
      ]);
  }
}
