//! Whether a binary runs on Lambda: its processor and the glibc that it asks for. Pure: bytes in, verdict out.

use object::elf;
use object::read::elf::{FileHeader, SectionHeader};

use super::plan::{GLIBC_MAX, Plan};
use crate::error::Problem;

/// Refuses a binary of another processor, or one that needs a newer glibc than provided.al2023 has.
pub(super) fn check(bytes: &[u8], plan: Plan) -> Result<(), Problem> {
    let facts = read(bytes).map_err(|error| Problem::failed(format!("not a 64-bit Linux binary: {error}")))?;
    let wanted = match plan.triple() {
        "aarch64-unknown-linux-gnu" => elf::EM_AARCH64,
        _ => elf::EM_X86_64,
    };
    if facts.machine != wanted {
        return Err(Problem::failed(format!(
            "the binary is for ELF machine {}, the functions run on {} ({})",
            facts.machine.0,
            plan.architecture.name(),
            wanted.0,
        )));
    }
    match facts.glibc {
        Some(version) if version > GLIBC_MAX => Err(Problem::failed(format!(
            "the binary needs glibc {}.{}, provided.al2023 has {}.{}",
            version.0, version.1, GLIBC_MAX.0, GLIBC_MAX.1,
        ))),
        _ => Ok(()),
    }
}

struct Facts {
    machine: elf::Machine,
    glibc: Option<(u32, u32)>,
}

fn read(bytes: &[u8]) -> object::Result<Facts> {
    let header = elf::FileHeader64::<object::Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut glibc = None;
    for section in sections.iter() {
        let Some((mut needs, strings)) = section.gnu_verneed(endian, bytes)? else { continue };
        let strings = sections.strings(endian, bytes, strings)?;
        while let Some((_, mut versions)) = needs.next()? {
            while let Some(version) = versions.next()? {
                let name = String::from_utf8_lossy(version.name(endian, strings)?).into_owned();
                glibc = glibc.max(parse(&name));
            }
        }
    }
    Ok(Facts { machine: header.e_machine(endian), glibc })
}

/// `GLIBC_2.34` → (2, 34)
fn parse(name: &str) -> Option<(u32, u32)> {
    let (major, minor) = name.strip_prefix("GLIBC_")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;

    fn this_binary() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn glibc_versions_are_parsed_and_compared_as_numbers() {
        assert_eq!(parse("GLIBC_2.34"), Some((2, 34)));
        assert_eq!(parse("GLIBC_2.2.5"), Some((2, 2)));
        assert_eq!(parse("GLIBC_PRIVATE"), None);
        assert!(parse("GLIBC_2.4") < parse("GLIBC_2.34"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_binary_of_this_machine_passes_for_it_and_for_no_other() {
        let host = Architecture::host().unwrap();
        let other = if host == Architecture::Arm64 { Architecture::X86_64 } else { Architecture::Arm64 };
        let plan = |architecture| Plan { release: true, architecture, native: true };
        let facts = read(&this_binary()).unwrap();
        assert!(facts.glibc.is_some());
        if facts.glibc <= Some(GLIBC_MAX) {
            check(&this_binary(), plan(host)).unwrap();
        }
        assert!(check(&this_binary(), plan(other)).unwrap_err().to_string().contains("ELF machine"));
    }

    #[test]
    fn what_is_no_binary_is_refused() {
        let plan = Plan { release: true, architecture: Architecture::Arm64, native: true };
        for bytes in [&b""[..], b"#!/bin/sh", &[0x7f, b'E', b'L', b'F']] {
            assert!(check(bytes, plan).unwrap_err().to_string().contains("not a 64-bit Linux binary"));
        }
    }
}
