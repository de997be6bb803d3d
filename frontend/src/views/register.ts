// A new account: an address and a password; the code to confirm it comes by e-mail.
import { normalizeEmail } from "../auth.ts";
import { authErrorMessage } from "../auth-errors.ts";
import type { Context, View } from "../context.ts";
import { h } from "../dom.ts";
import { field } from "../ui/field.ts";
import { form } from "../ui/form.ts";
import { emailError, PASSWORD_MINIMUM, passwordError, withError } from "../validation.ts";
import { accountCard, emailField, link } from "./account.ts";

export function registerView({ auth, handover, router }: Context): View {
  const fields = {
    email: emailField(handover.email),
    password: field({
      name: "password",
      label: "Password",
      type: "password",
      autocomplete: "new-password",
      hint: `At least ${PASSWORD_MINIMUM} characters. A few unrelated words are both strong and easy to remember.`,
    }),
  };
  const element = form({
    label: "Create an account",
    fields,
    submit: "Create account",
    busy: "Creating the account …",
    explain: authErrorMessage,
    validate: () => ({
      ...withError("email", emailError(fields.email.value)),
      ...withError("password", passwordError(fields.password.value)),
    }),
    send: async () => {
      const email = normalizeEmail(fields.email.value);
      await auth.signUp(email, fields.password.value);
      handover.email = email;
      router.go("/confirm");
    },
  });
  return {
    title: "Create an account",
    element: accountCard(
      "Create an account",
      "Your todos, their notes and their files, on all your devices.",
      element,
      h("span", {}, "Already have one? ", link("/login", "Log in")),
    ),
    focus: fields.email.input,
  };
}
