//! Planted faults, which the test has to find.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::faults;

/// A crate in a folder of its own, which goes with it.
struct Planted(PathBuf);

impl Planted {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("layers-{:x}", fastrand::u64(..)));
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const LIB: &str = "
//! # Layout
//!
//! | folder | knows |
//! |---|---|
//! | `low/` | the ground |
//! | `high/` | the roof |
//! | `lib.rs` | all |

pub mod high;
pub mod low;
pub use low::Ground;
";

/// The faults of a crate with these files beside its `lib.rs`.
fn found(ground: &str, roof: &str) -> Vec<String> {
    let planted = Planted::new(&[
        ("lib.rs", LIB),
        ("low/mod.rs", "mod ground;\nmod stone;\npub use self::ground::Ground;"),
        ("low/ground.rs", ground),
        ("low/stone.rs", "use crate::low::ground::Ground;\npub struct Stone(Ground);"),
        ("high/mod.rs", "mod roof;\npub use self::roof::Roof;"),
        ("high/roof.rs", roof),
    ]);
    faults(planted.path())
}

const GROUND: &str = "pub struct Ground;";
const ROOF: &str = "use crate::low::Ground;\npub struct Roof(Ground);";

#[test]
fn a_sound_crate_has_no_faults() {
    assert_eq!(found(GROUND, ROOF), [""; 0]);
}

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    for ground in [
        "use crate::high::Roof;\npub struct Ground(Box<Roof>);",
        "use super::super::high::roof::Roof as R;\npub struct Ground(Box<R>);",
        "pub struct Ground(Box<crate::high::Roof>);",
        "use crate::high;\npub struct Ground(Box<high::Roof>);",
        "pub struct Ground;\nfn f() { println!(\"{}\", crate::high::Roof::NAME) }",
    ] {
        let found = found(ground, "pub struct Roof;");
        let fault = "low/ground.rs uses high/roof.rs: `low` comes before `high`";
        assert!(found.iter().any(|it| it == fault), "{ground}\n{found:?}");
    }
}

#[test]
fn a_circle_of_two_files_is_found() {
    let ground = "use crate::low::stone::Stone;\npub struct Ground(Box<Stone>);";
    let circle = "a circle: low/ground.rs -> low/stone.rs -> low/ground.rs";
    assert_eq!(found(ground, ROOF), [circle]);
}

#[test]
fn a_file_that_imports_its_own_folder_is_in_a_circle_with_it() {
    let ground = "use crate::low::Ground as Again;\npub struct Ground(Option<Box<Again>>);";
    assert_eq!(found(ground, ROOF), ["a circle: low/ground.rs -> low/mod.rs -> low/ground.rs"]);
}

#[test]
fn an_import_through_the_crate_root_is_upward() {
    let found = found(GROUND, "use crate::Ground;\npub struct Roof(Ground);");
    let fault = "high/roof.rs uses lib.rs: `high` comes before `lib`";
    assert!(found.iter().any(|it| it == fault), "{found:?}");
}

#[test]
fn code_for_tests_may_import_what_it_likes() {
    let ground = "pub struct Ground;\n#[cfg(test)]\nmod tests { use crate::high::Roof; }";
    assert_eq!(found(ground, ROOF), [""; 0]);
}

#[test]
fn a_folder_without_a_layer_is_found() {
    let planted = Planted::new(&[("lib.rs", "mod attic;"), ("attic.rs", "")]);
    let found = faults(planted.path());
    assert!(found.iter().any(|it| it.starts_with("attic.rs: its folder is not in")), "{found:?}");
}
