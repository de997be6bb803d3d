// E-mail address and password, and the ways out for those who have none or forgot it.
import { normalizeEmail } from "../auth.ts";
import { loginErrorMessage } from "../auth-errors.ts";
import type { Context, View } from "../context.ts";
import { h } from "../dom.ts";
import { field } from "../ui/field.ts";
import { form } from "../ui/form.ts";
import { emailError, withError } from "../validation.ts";
import { accountCard, emailField, link, tellWhy } from "./account.ts";

export function loginView(context: Context): View {
  const { auth, handover, router } = context;
  const fields = {
    email: emailField(handover.email),
    password: field({
      name: "password",
      label: "Password",
      type: "password",
      autocomplete: "current-password",
    }),
  };
  const element = form({
    label: "Log in",
    fields,
    submit: "Log in",
    busy: "Logging in …",
    explain: loginErrorMessage,
    validate: () => ({
      ...withError("email", emailError(fields.email.value)),
      ...withError("password", fields.password.value === "" ? "Enter your password." : null),
    }),
    send: async () => {
      const email = normalizeEmail(fields.email.value);
      const outcome = await auth.signIn(email, fields.password.value);
      if (outcome === "done") return;
      handover.email = email;
      if (outcome === "unconfirmed") {
        handover.message =
          "This account is not confirmed yet. Enter the code from the e-mail, or ask for a new one.";
        router.go("/confirm");
      } else {
        handover.message = "A new password has to be set before you can log in.";
        router.go("/forgot");
      }
    },
  });
  const card = accountCard(
    "Log in",
    "",
    element,
    link("/forgot", "Forgot the password?"),
    h("span", {}, "New here? ", link("/register", "Create an account")),
  );
  tellWhy(element, handover);
  return {
    title: "Log in",
    element: card,
    focus: (handover.email === "" ? fields.email : fields.password).input,
  };
}
