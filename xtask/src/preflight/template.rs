//! CloudFormation's limits on a template (CloudFormation User Guide, "Understand CloudFormation quotas"). Pure. Beyond
//! 51,200 bytes a template goes through the artifact bucket, which the deploy does by itself.

use serde_yaml::Value;

/// Bytes of a template in a bucket: 1 MB.
const BYTES: usize = 1_000_000;
/// Entries of a section.
const SECTIONS: [(&str, usize); 3] = [("Resources", 500), ("Parameters", 200), ("Outputs", 200)];

/// What a template has too much of, each with what to do.
pub(super) fn over(text: &str, template: &Value) -> Vec<(String, String)> {
    let remedy = || "move a part of it into a service of its own".to_owned();
    let mut found = Vec::new();
    if text.len() > BYTES {
        found.push((format!("the template has {} bytes, at most {BYTES} are allowed", text.len()), remedy()));
    }
    for (section, max) in SECTIONS {
        let count = template[section].as_mapping().map_or(0, serde_yaml::Mapping::len);
        if count > max {
            let what = section.to_lowercase();
            found.push((format!("the template has {count} {what}, at most {max} are allowed"), remedy()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_may_be_full_but_not_fuller() {
        for (section, max) in SECTIONS {
            for (count, problems) in [(max, 0), (max + 1, 1)] {
                let entries: Vec<String> = (0..count).map(|number| format!("  R{number}: 1")).collect();
                let text = format!("{section}:\n{}", entries.join("\n"));
                assert_eq!(over(&text, &serde_yaml::from_str(&text).unwrap()).len(), problems, "{count} {section}");
            }
        }
    }

    #[test]
    fn a_text_may_have_a_megabyte() {
        assert_eq!(over(&"#".repeat(BYTES), &Value::Null).len(), 0);
        assert_eq!(over(&"#".repeat(BYTES + 1), &Value::Null).len(), 1);
    }
}
