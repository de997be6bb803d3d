//! `completions`: a script for a shell, which completes `cargo xtask` as well as the binary `xtask`.

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};

use super::Ctx;
use crate::cli::{self, CompletionsArgs};
use crate::config::{environments, load_app};

pub(super) fn run(args: &CompletionsArgs, ctx: &Ctx) {
    // A configuration with a mistake in it still lets a shell complete the commands.
    let services: Vec<String> = load_app(&ctx.root).map(|app| app.services.into_keys().collect()).unwrap_or_default();
    ctx.ui.data(script(args.shell, &environments(&ctx.root), &services));
}

/// The script; environments and services are those of today.
fn script(shell: Shell, environments: &[String], services: &[String]) -> String {
    let mut command = named(cli::command().name("xtask"), "env", environments);
    command = named(command, "service", services);
    let mut out = Vec::new();
    generate(shell, &mut command, "xtask", &mut out);
    format!("{}{}", String::from_utf8_lossy(&out), behind_cargo(shell))
}

/// Gives an option the values that this repository has for it, wherever it occurs.
fn named(mut command: Command, option: &str, values: &[String]) -> Command {
    if !values.is_empty() && command.get_arguments().any(|arg| arg.get_id() == option) {
        command = command.mut_arg(option, |arg| arg.value_parser(PossibleValuesParser::new(values.iter().cloned())));
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |sub| named(sub, option, values)))
}

/// clap knows of a binary; typed is `cargo xtask`. What cargo itself completes stays.
fn behind_cargo(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => {
            r#"
_cargo_xtask() {
    if [[ "${COMP_WORDS[1]}" == xtask && "$COMP_CWORD" -ge 2 ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _xtask xtask "$2" "$3"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
complete -F _cargo_xtask -o bashdefault -o default cargo
"#
        }
        Shell::Zsh => {
            r#"
_cargo_xtask() {
    if (( CURRENT > 2 )) && [[ "$words[2]" == xtask ]]; then
        shift words
        (( CURRENT-- ))
        _xtask "$@"
    elif (( $+functions[_cargo] )); then
        _cargo "$@"
    fi
}
compdef _cargo_xtask cargo
"#
        }
        Shell::Fish => {
            r#"
complete -c cargo -n "__fish_seen_subcommand_from xtask" -f -a "(complete -C (commandline -cp | string replace -r '^\s*cargo\s+' ''))"
"#
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command as Process;

    fn complete(words: &[&str]) -> Vec<String> {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let script = script(Shell::Bash, &names(&["dev", "prod"]), &names(&["mail", "orders"]));
        let typed: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let ask = format!(
            "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_cargo_xtask cargo '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
            typed.join(" "),
            words.len() - 1
        );
        let out = Process::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn bash_completes_cargo_xtask_down_to_environments_and_services() {
        assert_eq!(complete(&["cargo", "xtask", "dep"]), ["deploy"]);
        assert_eq!(complete(&["cargo", "xtask", "keys", "ro"]), ["rotate"]);
        assert_eq!(complete(&["cargo", "xtask", "deploy", "--env", ""]), ["dev", "prod"]);
        assert_eq!(complete(&["cargo", "xtask", "deploy", "--service", "o"]), ["orders"]);
        assert!(complete(&["cargo", "xtask", "deploy", "--ro"]).contains(&"--rollback".to_owned()));
    }

    #[test]
    fn every_shell_gets_a_script_that_knows_cargo() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell, &["dev".to_owned()], &[]);
            assert!(script.contains("rollback") && script.contains("cargo"), "{shell}");
        }
    }
}
