//! The words of the README, the guide, the examples, the doc comments and the string literals of both crates: a
//! short list of those that make a reader stop, each with what to write instead.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use regex::Regex;
use syn::{Attribute, Item, LitStr, Meta};

/// A pattern, and what to write instead.
const WORDS: [(&str, &str); 14] = [
    (r"(?i)\bwhoever\b", "name the subject: every client, each subscriber"),
    (r"(?i)\bbears?\b", "name the event: the broker disconnects, the broker limits"),
    (r"(?i)\bhand(s|ed|ing)? (it |them )?(over|out)\b", "pass, return, publish, send"),
    (r"(?i)\b(is|are|be) of (no )?use\b", "is usable, is not needed, is invalid"),
    (r"(?i)\b(tells?|telling|told)\b", "log, report, print, show"),
    (r"(?i)\bbeside\b", "next to, in addition to, besides"),
    (r"(?i)\b(is|are) no [a-z]", "is not a .., is not valid .."),
    (r"(?i)\bdata base\b", "database"),
    (r"(?i)\bso many\b", "give the number, or say which limit"),
    (r"(?i)\bshall\b", "must, should, or the present tense"),
    (r"(?i)\bin the place of\b", "instead of"),
    (r"(?i)\bsays? of\b", "reports about, describes"),
    (r"(?i)\bbeats over\b", "publishes heartbeats"),
    (
        r"^(What|Those that|Who) (is|are|was|were|has|have|comes?|goes|it|they|a|the) [^?]*\.",
        "name the subject first",
    ),
];

/// Plain English that a pattern would catch as well.
const EXCEPTIONS: [&str; 8] = [
    "is no longer",
    "are no longer",
    "there is no ",
    "There is no ",
    "there are no ",
    "There are no ",
    "tells the user",
    "tells you",
];

/// A piece of text, and where it is.
struct Text {
    place: String,
    text: String,
}

#[test]
fn texts_are_plain_english() {
    let texts = texts();
    assert!(texts.len() > 5000, "only {} texts were found", texts.len());
    let faults: Vec<_> = texts.iter().flat_map(|text| faults(&text.place, &text.text)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_planted_word_is_found() {
    for text in ["it is no JSON", "tell it to whoever listens", "What is kept is parsed again."] {
        assert!(!faults("here", text).is_empty(), "{text}");
    }
    for text in ["it is no longer there", "There are no sensors", "What does it cost?"] {
        assert_eq!(faults("here", text), [""; 0], "{text}");
    }
}

static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    WORDS.map(|(pattern, instead)| (Regex::new(pattern).unwrap(), instead)).into()
});

fn faults(place: &str, text: &str) -> Vec<String> {
    let mut plain = text.trim().to_owned();
    for exception in EXCEPTIONS {
        plain = plain.replace(exception, "");
    }
    let found = RULES.iter().filter(|(pattern, _)| pattern.is_match(&plain));
    found.map(|(_, instead)| format!("{place}: {:?}: {instead}", text.trim())).collect()
}

/// All texts of the README, the guide, the examples and the two crates.
fn texts() -> Vec<Text> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    for place in
        ["README.md", "CONTRIBUTING.md", "connector-macros", "connector-runtime", "examples"]
    {
        for file in files(&root.join(place)) {
            let place = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
            let text = fs::read_to_string(&file).unwrap();
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("md") => texts.extend(of_page(&place, &text)),
                _ => texts.extend(of_source(&place, &text)),
            }
        }
    }
    texts
}

/// The pages and sources below a path, without the tests.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        let is_text =
            path.extension().is_some_and(|extension| extension == "md" || extension == "rs");
        return if is_text { vec![path.to_owned()] } else { Vec::new() };
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        !["tests", "target", "benches"].contains(&name)
    };
    entries.filter(is_wanted).flat_map(|path| files(&path)).collect()
}

/// The lines of a page, without code.
fn of_page(place: &str, page: &str) -> Vec<Text> {
    let mut is_code = false;
    let lines = page.lines().enumerate().filter(|(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    let text = |(number, line): (usize, &str)| Text {
        place: format!("{place}:{}", number + 1),
        text: line.to_owned(),
    };
    lines.map(text).collect()
}

/// The doc comments and string literals of a source, without those of its tests.
fn of_source(place: &str, source: &str) -> Vec<Text> {
    let file = syn::parse_file(source).unwrap_or_else(|error| panic!("{place}: {error}"));
    let mut texts = Vec::new();
    for attribute in &file.attrs {
        add_literals(attribute.to_token_stream(), place, &mut texts);
    }
    for item in file.items.iter().filter(|item| !is_test(item)) {
        add_literals(item.to_token_stream(), place, &mut texts);
    }
    texts
}

fn is_test(item: &Item) -> bool {
    let is_cfg_test = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    };
    matches!(item, Item::Mod(module) if module.attrs.iter().any(is_cfg_test))
}

fn add_literals(tokens: TokenStream, place: &str, texts: &mut Vec<Text>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add_literals(group.stream(), place, texts),
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                if let Ok(text) = syn::parse2::<LitStr>(TokenTree::from(literal).into()) {
                    texts.push(Text { place: format!("{place}:{line}"), text: text.value() });
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}
