//! `skillrouter lint`: what strict readers of the specification object to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use skillrouter::skill::{Finding, SkillFile, Validator};

use super::{Outcome, files::read};

/// Check SKILL.md files against the specification of agentskills.io
///
/// Two public validators disagree: one refuses unknown fields and takes letters of any script, the other wants ASCII
/// names and no angle brackets in descriptions. Both verdicts are shown. Exit code 0 when neither objects, 1 when one
/// does, 2 for errors.
#[derive(Args)]
pub struct LintArgs {
    /// Skill folders, folders of them, or SKILL.md files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print one JSON object a skill
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: LintArgs) -> Result<Outcome> {
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() {
        bail!("no SKILL.md in the given paths");
    }
    let mut n_objected = 0;
    for file in &files {
        let findings = lint(file)?;
        let objected = findings.iter().any(|finding| finding.validator != Validator::Advice);
        n_objected += usize::from(objected);
        print(file, &findings, args.json);
    }
    if !args.json {
        println!("{} skills, {n_objected} with objections", files.len());
    }
    Ok(if n_objected == 0 { Outcome::Found } else { Outcome::Nothing })
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        let walk = ignore::WalkBuilder::new(path).hidden(false).require_git(false).sort_by_file_name(Ord::cmp).build();
        for entry in walk {
            let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
            if entry.file_name() == "SKILL.md" {
                files.push(entry.into_path());
            }
        }
    }
    Ok(())
}

fn lint(file: &Path) -> Result<Vec<Finding>> {
    let folder = fs::canonicalize(file).with_context(|| format!("cannot read {}", file.display()))?;
    let folder = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    match SkillFile::parse(&folder, &read(file)?) {
        Ok(skill) => Ok(skill.lint()),
        Err(error) => Ok(vec![Finding { validator: Validator::Both, message: error.to_string() }]),
    }
}

fn print(file: &Path, findings: &[Finding], as_json: bool) {
    let accepts =
        |by: Validator| !findings.iter().any(|finding| finding.validator == Validator::Both || finding.validator == by);
    if as_json {
        let verdicts = json!({"reference": accepts(Validator::Reference), "ascii": accepts(Validator::Ascii)});
        println!("{}", json!({"file": file, "accepts": verdicts, "findings": findings}));
        return;
    }
    for Finding { validator, message } in findings {
        let validator = match validator {
            Validator::Both => "both validators",
            Validator::Reference => "reference validator",
            Validator::Ascii => "ASCII validator",
            Validator::Advice => "advice",
        };
        println!("{}: {validator}: {message}", file.display());
    }
}
