//! The compiler as cargo calls it, with the crates that cargo has built for this test.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use support::{Folder, at_the_root};

pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The crates that fixtures name.
const CRATES: [&str; 3] = ["connector_runtime", "serde", "serde_json"];

pub(crate) struct Compiler {
    /// `--extern` and `-L`, and their values.
    libraries: Vec<String>,
    /// Where programs are written to.
    folder: Folder,
}

impl Compiler {
    /// Asks cargo for the crates; it compiles nothing, as they are there.
    pub(crate) fn find() -> Self {
        let output = at_the_root("cargo")
            .args(["test", "--test=ui", "--no-run", "--locked", "--message-format=json"])
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = str::from_utf8(&output.stdout).expect("UTF-8").lines();
        let messages = lines.map(|line| serde_json::from_str(line).expect("a message of cargo"));
        let messages: Vec<Value> = messages.collect();
        let mut libraries = Vec::new();
        for name in CRATES {
            let library = library(&messages, name);
            if libraries.is_empty() {
                let folder = library.parent().expect("libraries are in a folder").display();
                libraries.push(format!("-Ldependency={folder}"));
            }
            libraries.push(format!("--extern={name}={}", library.display()));
        }
        Self { libraries, folder: Folder::new() }
    }

    /// Compiles a program, and gives its path; the error is what the compiler says.
    pub(crate) fn compile(&self, path: &Path) -> Result<PathBuf, String> {
        let program = self.folder.path().join(path.file_stem().expect("a file"));
        let output = Command::new("rustc")
            .args(["--edition=2024", "--emit=link", "-Adead_code", "--diagnostic-width=140"])
            .args(&self.libraries)
            .arg("-o")
            .args([&program, path])
            .current_dir(WORKSPACE)
            .output()
            .expect("rustc starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(program) } else { Err(stderr) }
    }
}

/// The one library of this name.
fn library(messages: &[Value], name: &str) -> PathBuf {
    let artifacts = messages.iter().filter(|it| it["target"]["name"] == name);
    let files = artifacts.filter_map(|it| it["filenames"].as_array()).flatten();
    let paths: Vec<_> = files.filter_map(Value::as_str).map(Path::new).collect();
    let is_library = |path: &&Path| path.extension().is_some_and(|extension| extension == "rlib");
    let libraries: Vec<_> = paths.into_iter().filter(is_library).collect();
    let [library] = libraries[..] else { panic!("cargo tells of these {name}: {libraries:?}") };
    library.to_owned()
}
