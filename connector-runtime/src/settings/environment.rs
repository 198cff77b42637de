//! The environment variables of the process, completed by a `.env` file.

use std::{
    collections::{HashMap, HashSet},
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use clap::Arg;

use crate::{settings::dotenv, system::file};

/// The maximum size in bytes of a `.env` file.
const MAX_FILE: usize = 1 << 20;

/// The maximum size in bytes of a file that contains one setting.
const MAX_SETTING: usize = 64 << 10;

/// Variables by name. A variable of the process takes precedence over the same one in the `.env` file,
/// even if it is empty. An empty variable counts as not set.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: HashMap<OsString, Variable>,
    /// The `.env` file that was read.
    pub(crate) file: Option<PathBuf>,
    /// The problems with this file and with files of settings.
    pub(crate) faults: Vec<String>,
}

#[derive(Clone)]
struct Variable {
    value: OsString,
    origin: Origin,
}

/// The origin of the value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Process,
    /// The `.env` file.
    DotEnv,
    /// The file whose path is in the variable `NAME_FILE`.
    File(PathBuf),
}

impl Environment {
    /// Reads the variables of the process, and the `.env` file in the working directory or in the nearest
    /// folder above it.
    pub(crate) fn of_process() -> Self {
        let mut environment = match find_file() {
            Some(path) => Self::of_file(&path),
            None => Self::default(),
        };
        environment.add_process();
        environment
    }

    fn add_process(&mut self) {
        let origin = |value| Variable { value, origin: Origin::Process };
        self.variables.extend(env::vars_os().map(|(name, value)| (name, origin(value))));
    }

    /// Reads a `.env` file.
    fn of_file(path: &Path) -> Self {
        let mut environment = match read_text(path, MAX_FILE) {
            Ok(text) => Self::of_text(&text, |name| env::var(name).ok()),
            Err(error) => {
                Self { faults: vec![format!("cannot be read: {error}")], ..Self::default() }
            }
        };
        for fault in &mut environment.faults {
            *fault = format!("{}: {fault}", path.display());
        }
        Self { file: Some(path.to_owned()), ..environment }
    }

    /// Parses the text of a `.env` file. `outer` resolves references to variables outside of it.
    pub(crate) fn of_text(text: &str, outer: impl Fn(&str) -> Option<String>) -> Self {
        match dotenv::parse(text, outer) {
            Ok(variables) => {
                let variables = variables.into_iter();
                let variables = variables.map(|(name, value)| {
                    (name.into(), Variable { value: value.into(), origin: Origin::DotEnv })
                });
                Self { variables: variables.collect(), ..Self::default() }
            }
            Err(fault) => Self { faults: vec![fault], ..Self::default() },
        }
    }

    /// Returns the same environment, in which each variable `NAME` of these settings has the content of
    /// the file in `NAME_FILE`. A `NAME_FILE` that is itself the variable of a setting is not read. A variable
    /// of a setting that is not valid UTF-8 is a fault.
    pub(crate) fn with_files<'a>(&self, settings: impl Iterator<Item = &'a Arg>) -> Self {
        let names: HashSet<&OsStr> = settings.filter_map(Arg::get_env).collect();
        let mut environment = self.clone();
        for name in &names {
            if self.get(name).is_some_and(|value| value.to_str().is_none()) {
                let fault = format!("{} is not valid UTF-8", name.display());
                environment.faults.push(fault);
            }
            let mut file = name.to_os_string();
            file.push("_FILE");
            let Some(path) = self.get(&file).filter(|_| !names.contains(&*file)) else { continue };
            let (name_shown, file) = (name.display(), file.display());
            match read_text(path.as_ref(), MAX_SETTING) {
                _ if self.get(name).is_some() => environment
                    .faults
                    .push(format!("{name_shown} and {file} are both set: set only one of them")),
                Ok(text) => {
                    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                    let text = text.strip_suffix('\n').unwrap_or(text);
                    let text = text.strip_suffix('\r').unwrap_or(text);
                    let origin = Origin::File(path.into());
                    let variable = Variable { value: text.into(), origin };
                    environment.variables.insert((*name).to_owned(), variable);
                }
                Err(error) => {
                    let path = path.display();
                    environment.faults.push(format!("{file}={path} cannot be read: {error}"));
                }
            }
        }
        environment.faults.sort_unstable();
        environment
    }

    pub(crate) fn get(&self, variable: &OsStr) -> Option<&OsStr> {
        let value = self.variables.get(variable).map(|variable| &*variable.value);
        value.filter(|value| !value.is_empty())
    }

    /// Returns the origin of a variable's value, if it has one.
    pub(crate) fn origin(&self, variable: &OsStr) -> Option<&Origin> {
        self.get(variable)?;
        self.variables.get(variable).map(|variable| &variable.origin)
    }

    /// Returns whether a variable's value is the content of the file in `NAME_FILE`. It may be a secret, so
    /// `check` and errors about invalid settings do not print it.
    pub(crate) fn is_in_file(&self, variable: &OsStr) -> bool {
        matches!(self.origin(variable), Some(Origin::File(_)))
    }

    /// Returns the names of all variables that have a value.
    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.variables.keys().map(|name| &**name).filter(|name| self.get(name).is_some())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let variable = |value: &str| Variable { value: value.into(), origin: Origin::Process };
        let variables = variables.map(|(name, value)| (name.into(), variable(value))).into();
        Self { variables, ..Self::default() }
    }
}

/// Reads a text file of at most `limit` bytes.
fn read_text(path: &Path, limit: usize) -> io::Result<String> {
    let text = String::from_utf8(file::read(path, limit)?);
    text.map_err(|_| io::Error::other("the file is not valid UTF-8"))
}

/// Returns the `.env` file in the working directory or in the nearest folder above it. A folder of this name above
/// the working directory is skipped, because virtual environments of Python are called that.
fn find_file() -> Option<PathBuf> {
    let directory = env::current_dir().ok()?;
    let is_candidate = |path: &PathBuf| {
        let is_here = path.parent() == Some(&directory);
        path.symlink_metadata().is_ok_and(|file| is_here || !file.is_dir())
    };
    directory.ancestors().map(|folder| folder.join(".env")).find(is_candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Environment {
        let path = env::temp_dir().join(format!("connector-{:x}.env", fastrand::u64(..)));
        std::fs::write(&path, text).unwrap();
        let environment = Environment::of_file(&path);
        std::fs::remove_file(&path).unwrap();
        environment
    }

    fn get<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
        environment.get(name.as_ref()).and_then(OsStr::to_str)
    }

    #[test]
    fn an_unreadable_file_is_a_fault() {
        assert_eq!(file("A=1\n=\n").faults.len(), 1);
        assert_eq!(Environment::of_file("no such file".as_ref()).faults.len(), 1);
    }

    #[test]
    fn a_device_is_not_a_setting() {
        let environment = Environment::from([("PASSWORD_FILE", "/dev/zero")]);
        let password = Arg::new("password").env("PASSWORD");
        let faults = environment.with_files([&password].into_iter()).faults;
        let expected = "PASSWORD_FILE=/dev/zero cannot be read: it is a device, not a regular file";
        assert_eq!(faults, [expected]);
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_value() {
        let path = env::temp_dir().join(format!("connector-{:x}.txt", fastrand::u64(..)));
        std::fs::write(&path, "\u{feff}hunter2\r\n").unwrap();
        let environment = Environment::from([("PASSWORD_FILE", path.to_str().unwrap())]);
        let environment =
            environment.with_files([&Arg::new("password").env("PASSWORD")].into_iter());
        std::fs::remove_file(&path).unwrap();
        assert_eq!(get(&environment, "PASSWORD"), Some("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_must_be_valid_utf_8() {
        use std::os::unix::ffi::OsStringExt;
        let variable = |name: &str| {
            let value = OsString::from_vec(b"p\xe4ss".to_vec());
            (name.into(), Variable { value, origin: Origin::Process })
        };
        let variables = ["PASSWORD", "OTHER"].map(variable).into();
        let environment = Environment { variables, ..Environment::default() };
        let faults =
            environment.with_files([&Arg::new("password").env("PASSWORD")].into_iter()).faults;
        assert_eq!(faults, ["PASSWORD is not valid UTF-8"]);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert_eq!(get(&file("A=\nB=x"), "A"), None);
    }

    #[test]
    fn the_process_takes_precedence_over_the_file() {
        let mut environment = file("PATH=from the file\n");
        environment.add_process();
        assert_ne!(get(&environment, "PATH"), Some("from the file"));
    }
}
