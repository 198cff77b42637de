//! What the macros accept, and what they say to mistakes: one fixture for each, in `pass` and in `fail`.
//!
//! `BLESS=1 cargo test --test ui` writes the expected messages anew, and `FIXTURE=range` picks fixtures by
//! their names. Part of each message is the compiler's own and changes with it, so they are compared with
//! one version only.

mod compiler;
mod message;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    thread,
};

use compiler::{Compiler, WORKSPACE};

/// The fixtures in a folder that are asked for.
fn fixtures(folder: &str) -> Vec<PathBuf> {
    let wanted = env::var("FIXTURE").unwrap_or_default();
    let entries = fs::read_dir(Path::new(WORKSPACE).join(folder)).expect("a folder of fixtures");
    let names = entries.map(|entry| entry.expect("a file").file_name());
    let paths = names.map(|name| Path::new(folder).join(name));
    let is_fixture = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let is_wanted = |path: &PathBuf| path.to_string_lossy().contains(&wanted);
    paths.filter(is_fixture).filter(is_wanted).collect()
}

/// Compiles each fixture of a folder, as many at once as there are processors.
fn each(folder: &str, check: impl Fn(&Compiler, &Path) -> Result<(), String> + Sync) {
    let (compiler, fixtures) = (Compiler::find(), fixtures(folder));
    let (rest, problems) = (Mutex::new(fixtures.iter()), Mutex::new(Vec::new()));
    let next = || rest.lock().expect("nobody panics").next();
    let work = || {
        while let Some(path) = next() {
            if let Err(problem) = check(&compiler, path) {
                let problem = format!("{}: {problem}", path.display());
                problems.lock().expect("nobody panics").push(problem);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let problems = problems.into_inner().expect("nobody panics");
    assert!(
        problems.is_empty(),
        "{} of {}:\n{}",
        problems.len(),
        fixtures.len(),
        problems.join("\n")
    );
}

/// The fixture does not compile, and the compiler says what is beside it.
fn fails(compiler: &Compiler, path: &Path) -> Result<(), String> {
    let Err(stderr) = compiler.compile(path) else { return Err("it compiles".to_owned()) };
    let actual = message::normalized(&stderr, &path.to_string_lossy());
    let file = Path::new(WORKSPACE).join(path).with_extension("stderr");
    if env::var_os("BLESS").is_some() {
        return fs::write(file, actual).map_err(|error| error.to_string());
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    if actual == expected {
        return Ok(());
    }
    Err(format!("another message:\n{actual}\nis not what is expected:\n{expected}"))
}

/// The fixture compiles, and what it asserts holds.
fn passes(compiler: &Compiler, path: &Path) -> Result<(), String> {
    let program = compiler.compile(path)?;
    let output = Command::new(program).output().expect("it was just compiled");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(stderr) }
}

#[rustversion::attr(not(stable(1.95)), ignore = "the expected messages are those of rustc 1.95")]
#[test]
fn each_mistake_is_told() {
    each("tests/ui/fail", fails);
}

#[test]
fn what_is_right_compiles() {
    each("tests/ui/pass", passes);
}
