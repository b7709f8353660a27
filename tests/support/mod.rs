//! What the tests share: running the program in a temporary folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder and the program in it.
pub struct Workspace {
    dir: TempDir,
}

impl Workspace {
    pub fn new() -> Workspace {
        Workspace { dir: tempfile::tempdir().unwrap() }
    }

    /// A workspace with the tiny model converted to `model` with so many bits.
    pub fn with_model(bits: u32) -> Workspace {
        let workspace = Workspace::new();
        workspace.quantize("tiny-bert-mean", "model", bits);
        workspace
    }

    /// Converts one of the random models of `tests/golden`.
    pub fn quantize(&self, fixture: &str, out: &str, bits: u32) {
        let source = fixture_path(fixture);
        self.ok(&["quantize", source.to_str().unwrap(), "--out", out, "--bits", &bits.to_string()]);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skillrouter"));
        command.args(args).current_dir(self.dir.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs and returns standard output; the exit code must be 0.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs and reads standard output as JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    /// Runs; the exit code must be `code`. Returns standard error.
    pub fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        stderr
    }

    /// Writes some skills as folders below `skills`.
    pub fn write_skills(&self, skills: &[(&str, &str, &str)]) {
        for (name, description, body) in skills {
            let text = format!("---\nname: {name}\ndescription: {description}\nlicense: MIT\n---\n\n{body}\n");
            self.write(&format!("skills/{name}/SKILL.md"), text);
        }
    }

    /// All files of a folder, by name.
    pub fn files(&self, dir: &str) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(self.path(dir))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    }
}

/// A path below `tests/golden`.
pub fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The default encoder.
pub fn default_model() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/skillrouter-mini-encoder");
    assert!(path.join("model.json").exists(), "{} is missing from this checkout", path.display());
    path
}
