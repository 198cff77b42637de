//! The effective settings without their secrets, and variables that look like a misspelt setting.

use std::ffi::{OsStr, OsString};

use clap::{
    Arg, ArgAction, ArgMatches, Command, builder::OsStringValueParser, parser::ValueSource,
};

use crate::{
    settings::{
        environment::{Environment, Origin},
        fault::is_secret,
        read::from_environment,
        shown,
        suggest::nearest,
    },
    telemetry::log::text::setting_without_login,
};

/// An effective setting.
pub(crate) struct Effective {
    /// Its heading in the help.
    pub(crate) group: String,
    /// Its variable, or its flag if it has none.
    pub(crate) name: String,
    /// Its value, if it has one: truncated, and `***` for a secret.
    pub(crate) value: Option<String>,
    pub(crate) origin: String,
}

/// Returns all settings of a command line, including those with invalid values. `None` if the command
/// line itself is invalid.
pub(crate) fn effective(
    command: &Command,
    arguments: &[OsString],
    environment: &Environment,
) -> Option<Vec<Effective>> {
    let environment = &environment.with_files(command.get_arguments());
    let lenient = from_environment(command.clone(), environment).mut_args(|arg| {
        let arg = arg.required(false);
        if arg.get_action().takes_values() {
            return arg.value_parser(OsStringValueParser::new());
        }
        arg
    });
    let matches = lenient.try_get_matches_from(arguments).ok()?;
    let settings = command.get_arguments().filter(|arg| arg.get_help_heading().is_some());
    Some(settings.map(|arg| setting(arg, &matches, environment)).collect())
}

fn setting(arg: &Arg, matches: &ArgMatches, environment: &Environment) -> Effective {
    let id = arg.get_id().as_str();
    let values = matches.get_raw(id).into_iter().flatten();
    let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    let value = match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => matches.get_flag(id).to_string(),
        _ => values.join(","),
    };
    let is_in_file = arg.get_env().is_some_and(|variable| environment.is_in_file(variable));
    let is_secret = is_secret(arg) || is_in_file;
    let shown = if is_secret { "***".into() } else { setting_without_login(&value) };
    Effective {
        group: arg.get_help_heading().unwrap_or_default().to_owned(),
        name: arg.get_env().map_or_else(|| arg.to_string(), |name| name.display().to_string()),
        origin: match value.as_str() {
            "" => "not set".to_owned(),
            _ => origin(arg, matches.value_source(id), environment),
        },
        value: (!value.is_empty()).then(|| shown::value(&shown).into_owned()),
    }
}

fn origin(arg: &Arg, source: Option<ValueSource>, environment: &Environment) -> String {
    let variable = arg.get_env().and_then(|variable| environment.origin(variable));
    match (source, variable) {
        (Some(ValueSource::CommandLine), _) => "command line".to_owned(),
        (_, Some(Origin::Process)) => "environment".to_owned(),
        (_, Some(Origin::DotEnv)) => match &environment.file {
            Some(file) => file.display().to_string(),
            None => ".env".to_owned(),
        },
        (_, Some(Origin::File(path))) => path.display().to_string(),
        (_, None) => "default".to_owned(),
    }
}

/// A variable that looks like a setting, but is not one.
#[derive(Debug, PartialEq)]
pub(crate) struct Unknown {
    pub(crate) name: String,
    /// The similar setting that was probably meant, and is not set.
    pub(crate) meant: Option<String>,
}

/// Returns variables that are not settings, but begin like a setting, up to the first `_`.
pub(crate) fn unknown(command: &Command, environment: &Environment) -> Vec<Unknown> {
    let known: Vec<&str> =
        command.get_arguments().filter_map(Arg::get_env).filter_map(OsStr::to_str).collect();
    let is_known = |name: &str| {
        known.contains(&name)
            || name.strip_suffix("_FILE").is_some_and(|name| known.contains(&name))
    };
    let group = |name: &str| name.split_once('_').map(|(group, _)| group.to_owned());
    let is_free = |known: &&str| environment.get(known.as_ref()).is_none();
    let meant =
        |name: &str| nearest(name, known.iter().copied().filter(is_free)).map(str::to_owned);
    let groups: Vec<_> = known.iter().filter_map(|name| group(name)).collect();
    let looks_known = |name: &&str| group(name).is_some_and(|group| groups.contains(&group));
    let names = environment.names().filter_map(OsStr::to_str);
    let mut unknown: Vec<_> = names
        .filter(looks_known)
        .filter(|name| !is_known(name))
        .map(|name| Unknown { name: shown::value(name).into_owned(), meant: meant(name) })
        .collect();
    unknown.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let arg = |name: &'static str| Arg::new(name).long(name).env(name).help_heading("Bus");
        Command::new("demo")
            .arg(arg("MQTT_HOST").required(true))
            .arg(arg("MQTT_PORT").default_value("1883").value_parser(clap::value_parser!(u16)))
            .arg(arg("URL"))
            .arg(arg("MQTT_PASSWORD").value_parser(|text: &str| {
                Ok::<_, std::convert::Infallible>(crate::settings::secret::Secret::from(text))
            }))
    }

    #[test]
    fn each_setting_is_shown_with_its_origin_and_without_secrets() {
        let environment = Environment::from([
            ("MQTT_PORT", "none"),
            ("MQTT_PASSWORD", "hunter2"),
            ("URL", "http://me:hunter2@host/x"),
        ]);
        let shown = effective(&command(), &["demo".into()], &environment).unwrap();
        let shown: Vec<_> =
            shown.iter().map(|it| (&*it.name, it.value.as_deref(), &*it.origin)).collect();
        let expected = [
            ("MQTT_HOST", None, "not set"),
            ("MQTT_PORT", Some("none"), "environment"),
            ("URL", Some("http://***@host/x"), "environment"),
            ("MQTT_PASSWORD", Some("***"), "environment"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_misspelt_variable_is_reported_with_a_suggestion() {
        let environment = Environment::from([
            ("MQTT_HSOT", "x"),
            ("MQTT_PROT", "x"),
            ("MQTT_PORT", "1"),
            ("MQTT_PASSWORD_FILE", "x"),
            ("MQTT_SOMETHING", "x"),
            ("OTHER", "x"),
        ]);
        let unknown = unknown(&command(), &environment);
        let unknown: Vec<_> = unknown.iter().map(|it| (&*it.name, it.meant.as_deref())).collect();
        let expected =
            [("MQTT_HSOT", Some("MQTT_HOST")), ("MQTT_PROT", None), ("MQTT_SOMETHING", None)];
        assert_eq!(unknown, expected);
    }
}
