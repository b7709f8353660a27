//! `skillrouter lint`: what strict readers of the specification object to, and what a careful reader wants to see.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use skillrouter::{
    risk::{self, CitedNote, Risk},
    skill::{Finding, SkillFile, Validator},
};

use super::{
    Outcome,
    files::read,
    source::{SKILL_FILE, Walk, absolute, scripts_beside},
};

/// Check SKILL.md files against the specification of agentskills.io
///
/// Two public validators disagree: one refuses unknown fields and takes letters of any script, the other wants ASCII
/// names and no angle brackets in descriptions. Both verdicts are shown. Exit code 0 when neither objects, 1 when one
/// does, 2 for errors.
///
/// The same files are read as by `skillrouter index`: links are followed, ignore files inside a folder respected, and
/// SKILL.md files inside other skills left out.
///
/// Then come risk notes, such as "downloads and runs remote code", each with its line: of SKILL.md, of the files in scripts/, and of
/// scripts that the instructions name elsewhere in the folder. They are facts to look at, not objections, and do not change the exit
/// code. In JSON, 0 is the front matter, and notes on scripts have "file".
#[derive(Args)]
pub struct LintArgs {
    /// Skill folders, folders of them, or SKILL.md files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Also check SKILL.md files that lie inside other skills
    #[arg(long)]
    nested: bool,
    /// Print one JSON object a skill
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(args: LintArgs) -> Result<Outcome> {
    let mut files = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            let walk = Walk::new(path, args.nested);
            for skipped in &walk.skipped {
                note!("skipped {}: {}", skipped.place, skipped.reason);
            }
            files.extend(walk.skills);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!("no SKILL.md in the given paths");
    }
    let mut n_objected = 0;
    for file in &files {
        let linted = lint(file)?;
        let objected = linted.findings.iter().any(|finding| finding.validator != Validator::Advice);
        n_objected += usize::from(objected);
        match args.json {
            true => say!("{}", linted.to_json(file)),
            false => linted.print(file),
        }
    }
    if !args.json {
        say!("{} skills, {n_objected} with objections", files.len());
    }
    Ok(if n_objected == 0 { Outcome::Found } else { Outcome::Nothing })
}

/// What there is to say of one file.
struct Linted {
    findings: Vec<Finding>,
    notes: Vec<CitedNote>,
    /// Paths of the scripts that notes name.
    scripts: Vec<String>,
}

fn lint(file: &Path) -> Result<Linted> {
    let path = absolute(file);
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let mut linted = match SkillFile::parse(&folder, &read(file)?) {
        Ok(mut skill) => {
            skill.skill.scripts = scripts_beside(&path, &skill.skill.body);
            let notes = risk::find(&skill.skill);
            let scripts = skill.skill.scripts.iter().map(|script| script.path.clone()).collect();
            Linted { findings: skill.lint(), notes, scripts }
        }
        Err(error) => {
            let finding = Finding { validator: Validator::Both, message: error.to_string() };
            Linted { findings: vec![finding], notes: Vec::new(), scripts: Vec::new() }
        }
    };
    linted.findings.extend(spelling(file));
    Ok(linted)
}

/// What the validators say of another spelling of `SKILL.md`: the reference takes `skill.md` too.
fn spelling(file: &Path) -> Option<Finding> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    if name == SKILL_FILE || !name.eq_ignore_ascii_case(SKILL_FILE) {
        return None;
    }
    let validator = if name == "skill.md" { Validator::Ascii } else { Validator::Both };
    Some(Finding { validator, message: format!("the file is named {name}; most agents look for {SKILL_FILE} only") })
}

impl Linted {
    fn to_json(&self, file: &Path) -> Value {
        let accepts = |by: Validator| {
            !self.findings.iter().any(|finding| finding.validator == Validator::Both || finding.validator == by)
        };
        let verdicts = json!({"reference": accepts(Validator::Reference), "ascii": accepts(Validator::Ascii)});
        let risks: Vec<Value> = self
            .risks()
            .map(|(risk, excerpt)| {
                let mut value = json!(risk);
                value["excerpt"] = json!(excerpt);
                value
            })
            .collect();
        json!({"file": file, "accepts": verdicts, "findings": self.findings, "risks": risks})
    }

    fn print(&self, path: &Path) {
        let file = path.display();
        for Finding { validator, message } in &self.findings {
            let validator = match validator {
                Validator::Both => "both validators",
                Validator::Reference => "reference validator",
                Validator::Ascii => "ASCII validator",
                Validator::Advice => "advice",
            };
            say!("{file}: {validator}: {message}");
        }
        for (Risk { title, file: script, line, count, .. }, excerpt) in self.risks() {
            let file = script.map_or_else(|| path.to_owned(), |script| path.with_file_name("").join(script));
            let file = file.display();
            let line = if line == 0 { String::new() } else { format!(":{line}") }; // So editors find it.
            let times = if count == 1 { String::new() } else { format!(", in {count} lines") };
            let shown = if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") };
            say!("{file}{line}: note: {title}{times}{shown}");
        }
    }

    /// The notes in words, with their excerpts.
    fn risks(&self) -> impl Iterator<Item = (Risk<'_>, &str)> {
        self.notes
            .iter()
            .filter_map(|cited| Some((risk::show(cited.note, risk::rules(), &self.scripts)?, cited.excerpt.as_str())))
    }
}
