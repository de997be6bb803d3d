//! The last word before the first write, and before whatever turns out to be another change than the one that was shown.

use std::sync::{Arc, Mutex, PoisonError};

use super::environment;
use super::manner::Manner;
use super::world::World;
use crate::commands::Ctx;
use crate::config::Config;
use crate::error::Problem;
use crate::plan::{self, Plan, Planned, StackPlan};
use crate::ui::Ui;

/// Nothing that was not reviewed, nothing that is refused, and a person's yes to the plan: elsewhere than on this machine,
/// and wherever a command asks for it.
pub(super) fn agree(ctx: &Ctx, config: &Config, world: &World, manner: &Manner, plan: &Plan) -> anyhow::Result<()> {
    if let Some(reviewed) = &manner.reviewed {
        plan::compare(reviewed, plan)?;
    }
    let stack = |service: &str| {
        let found = plan.stacks.iter().find(|one| one.service == service);
        found.map(|one| one.stack.clone()).unwrap_or_default()
    };
    plan::guard::check(&plan.refused, stack, &manner.allowed)?;
    if !manner.again {
        for place in manner.allowed.idle(&plan.refused, stack) {
            ctx.ui.warn(format!("`--allow-replacement {place}` allows nothing: the plan does not refuse it"));
        }
    }
    let emulated = config.env.endpoint().is_some();
    if !emulated {
        environment::require_bootstrap(&ctx.ui, config, world)?;
    }
    if manner.again {
        return Ok(());
    }
    if emulated && manner.asks.is_none() {
        if plan.changed {
            ctx.ui.step("Plan", plan.summary());
        }
        return Ok(());
    }
    let text = plan::text(plan, ctx.ui.colour(), ctx.ui.width());
    if !plan.changed || manner.reviewed.is_some() {
        ctx.ui.say(text);
        return Ok(());
    }
    ctx.ui.about(text);
    let question = manner.asks.clone().unwrap_or_else(|| format!("Deploy this to `{}`", config.env.name));
    Ok(ctx.ui.confirm(&question, config.env.answer())?)
}

/// A stack's plan as it was agreed to.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    plan: Arc<Mutex<StackPlan>>,
    ui: Ui,
    answer: String,
    /// Whether a plan in a file was agreed to: nobody is there to be asked anew.
    exact: bool,
}

impl Agreed {
    /// What holds for a stack; nothing where nobody was shown its plan.
    pub(super) fn to(ctx: &Ctx, config: &Config, manner: &Manner, plan: StackPlan) -> Option<Self> {
        let asked = (config.env.endpoint().is_none() || manner.asks.is_some()) && !manner.again;
        let exact = manner.reviewed.is_some();
        let plan = Arc::new(Mutex::new(plan));
        (asked || exact).then(|| Self { plan, ui: ctx.ui.clone(), answer: config.env.answer().to_owned(), exact })
    }

    /// Asks again, or refuses, where the change has become another one since: a build and other stacks take their time.
    pub(super) fn still(&self, now: &Planned) -> Result<(), Problem> {
        let mut shown = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = plan::moved(&shown, &now.plan);
        if moved.is_empty() {
            return Ok(());
        }
        let (stack, list) = (&now.plan.stack, moved.join(", "));
        if self.exact {
            return Err(Problem::declined(format!("not what was reviewed of `{stack}`: {list}; it was left as it is"))
                .hint("plan again, review that, and deploy it: cargo xtask plan --out <file>"));
        }
        self.ui.about(plan::of_stack(now, self.ui.colour(), self.ui.width()));
        self.ui.confirm(
            &format!("`{stack}` has changed since its plan was shown ({list}). Change it like this"),
            &self.answer,
        )?;
        // No template says anything of termination protection.
        *shown = StackPlan { protection: shown.protection, ..now.plan.clone() };
        Ok(())
    }

    /// Asks, or refuses, where termination protection would be turned off and nobody was shown that.
    pub(super) fn unprotects(&self) -> Result<(), Problem> {
        let shown = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.protection == Some(false) {
            return Ok(());
        }
        let what = format!("the termination protection of `{}`", shown.stack);
        if self.exact {
            return Err(Problem::declined(format!("not what was reviewed: {what} would be turned off; it stays on"))
                .hint("plan again, review that, and deploy it: cargo xtask plan --out <file>"));
        }
        self.ui.confirm(&format!("Turn off {what}, which was turned on since its plan was shown"), &self.answer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::aws::stacks::StackInput;
    use crate::plan::plan_stack;
    use crate::ui::Mode;

    const SHOWN: &str = "Resources: {Thing: {Type: 'A::B::C', Properties: {Size: 2}}, Role: {Type: 'A::B::R'}}";

    fn planned(template: &str) -> Planned {
        let input = StackInput {
            name: "demo-dev-orders".into(),
            template: template.into(),
            template_url: None,
            creation: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            kept: None,
        };
        plan_stack("orders", None, &input, &BTreeMap::new()).unwrap()
    }

    fn agreed(environment: &str, manner: &Manner) -> Option<Agreed> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let config = Config::load(&root, Some(environment)).unwrap();
        let ctx = Ctx { root, ui: Ui::unattended(Mode::default()), reload: None };
        Agreed::to(&ctx, &config, manner, planned(SHOWN).plan)
    }

    #[test]
    fn a_change_that_was_not_shown_is_asked_for_or_refused() {
        let more = planned(&SHOWN.replace("{Type: 'A::B::R'}}", "{Type: 'A::B::R'}, Door: {Type: 'A::B::D'}}"));
        let shown = agreed("dev", &Manner::default()).unwrap();
        shown.still(&planned(SHOWN)).unwrap();
        let error = shown.still(&more).unwrap_err().to_string();
        assert!(error.contains("(`Door` is new)") && error.contains("no terminal to ask on"), "{error}");

        let exact = Agreed { exact: true, ..shown };
        exact.still(&planned(SHOWN)).unwrap();
        let error = exact.still(&more).unwrap_err().to_string();
        assert_eq!(error, "not what was reviewed of `demo-dev-orders`: `Door` is new; it was left as it is");
    }

    #[test]
    fn termination_protection_is_turned_off_only_where_that_was_shown() {
        let off = |protection| {
            let shown = agreed("dev", &Manner::default()).unwrap();
            shown.plan.lock().unwrap().protection = protection;
            shown
        };
        off(Some(false)).unprotects().unwrap();
        let error = off(None).unprotects().unwrap_err().to_string();
        assert!(error.contains("no terminal to ask on"), "{error}");
        let error = Agreed { exact: true, ..off(None) }.unprotects().unwrap_err().to_string();
        assert!(error.contains("the termination protection of `demo-dev-orders` would be turned off"), "{error}");
    }

    #[test]
    fn on_this_machine_and_in_further_rounds_nobody_was_shown_anything() {
        assert!(agreed("local", &Manner::default()).is_none());
        assert!(agreed("local", &Manner { asks: Some("Roll back".into()), ..Manner::default() }).is_some());
        assert!(agreed("dev", &Manner { again: true, ..Manner::default() }).is_none());
    }
}
