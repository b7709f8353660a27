//! Every file that we write, damaged: `verify` and opening find it, and name it.

use std::fs;

use skillrouter::{
    device::Device,
    index::{Index, manifest::INDEX_FILE},
    model::{loader::ModelLoader, manifest::MODEL_FILE},
};

use crate::support::Workspace;

/// An index with files of every kind.
fn workspace() -> Workspace {
    let workspace = Workspace::with_model(8);
    let names: Vec<String> = (0..40).map(|i| format!("skill-{i}")).collect();
    let skills: Vec<(&str, &str, &str)> =
        names.iter().map(|name| (name.as_str(), "Does one thing.", "Do the thing, then check it.")).collect();
    workspace.write_skills(&skills);
    workspace.ok(&["index", "skills", "--out", "index", "--model", "model", "--hnsw"]);
    workspace
}

/// Opens all files of an index or a model, as the page does: each as it comes.
fn open(files: &[(String, Vec<u8>)]) -> skillrouter::Result<()> {
    let bytes =
        |name: &str| files.iter().find(|file| file.0 == name).map(|file| file.1.as_slice()).expect("a listed file");
    if files.iter().any(|file| file.0 == INDEX_FILE) {
        let mut index = Index::open(bytes(INDEX_FILE))?;
        let names: Vec<String> = index.manifest().files.all().map(|(_, entry)| entry.file.clone()).collect();
        return names.iter().try_for_each(|name| index.add_file(name, bytes(name)));
    }
    let mut loader = ModelLoader::new(bytes(MODEL_FILE), &Device::cpu())?;
    while let Some(entry) = loader.missing().first().cloned() {
        loader.add_file(&entry.file, bytes(&entry.file))?;
    }
    Ok(())
}

/// Positions spread over a file, the first and the last among them.
fn positions(len: usize, n: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..n).map(|i| i * (len - 1) / (n - 1)).collect();
    positions.dedup();
    positions
}

#[test]
fn opening_finds_every_flipped_byte_and_every_cut() {
    let workspace = workspace();
    for folder in ["index", "model"] {
        let mut files = workspace.files(folder);
        open(&files).unwrap();
        for i in 0..files.len() {
            let (name, sound) = files[i].clone();
            for position in positions(sound.len(), 200) {
                files[i].1[position] ^= 1 << (position % 8);
                assert!(open(&files).is_err(), "{folder}/{name}, byte {position}");
                files[i].1[position] = sound[position];
            }
            for length in [0, 1, sound.len() / 2, sound.len() - 1] {
                files[i].1.truncate(length);
                assert!(open(&files).is_err(), "{folder}/{name} cut to {length}");
                files[i].1 = sound.clone();
            }
        }
    }
}

#[test]
fn verify_finds_damage_and_names_the_file() {
    let workspace = workspace();
    for folder in ["index", "model"] {
        workspace.ok(&["verify", folder]);
        for (name, sound) in workspace.files(folder) {
            let path = workspace.path(folder).join(&name);
            let check = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let message = workspace.fails(2, &["verify", folder]);
                assert!(message.contains(&name), "{folder}/{name}: {message}");
            };
            for position in positions(sound.len(), 200) {
                let mut damaged = sound.clone();
                damaged[position] ^= 1 << (position % 8);
                check(&damaged);
            }
            check(&sound[..sound.len() / 2]);
            check(b"<!doctype html>");
            fs::remove_file(&path).unwrap();
            workspace.fails(2, &["verify", folder]);
            fs::write(&path, &sound).unwrap();
        }
        workspace.ok(&["verify", folder, "--json"]);
    }
    assert!(workspace.fails(2, &["verify", "skills"]).contains("neither index.json nor model.json"));
}

#[test]
fn an_unknown_version_asks_for_another_program() {
    let workspace = workspace();
    let path = workspace.path("index").join(INDEX_FILE);
    let sound = fs::read_to_string(&path).unwrap();
    // One that is to come, the one before marks, and the one before risk notes.
    for version in [4, 2, 1] {
        fs::write(&path, sound.replacen("\"version\": 3", &format!("\"version\": {version}"), 1)).unwrap();
        let message = workspace.fails(2, &["verify", "index"]);
        let expected = format!("format version {version} and this build reads version 3; write it again");
        assert!(message.contains(&expected) && message.contains("update skillrouter"), "{message}");
    }
}
