//! One source file as a list of words. Owns telling code from comments, literals and inline
//! tests; must never know what a wall is.

/// A file of product code, without its inline tests.
pub struct Source {
    /// How many lines it has.
    pub lines: usize,
    /// Its text.
    pub product: String,
    /// Identifiers and `::`, in order, each with its line.
    pub words: Vec<(usize, String)>,
    /// Modules in files of their own that are compiled for tests only.
    pub test_modules: Vec<String>,
}

impl Source {
    pub fn read(text: &str) -> Self {
        let mut product = text;
        let mut test_modules = Vec::new();
        for (start, module) in test_declarations(text) {
            let Some(name) = module.strip_suffix(';') else {
                product = &text[..start];
                break;
            };
            test_modules.push(name.to_owned());
        }
        Self {
            lines: product.lines().count(),
            product: product.to_owned(),
            words: words(product),
            test_modules,
        }
    }
}

/// Each `#[cfg(test)]` in front of a module: where it stands, and `name;` or `name {`.
fn test_declarations(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim() == "#[cfg(test)]" {
            let mut rest = text[start + line.len()..]
                .lines()
                .map(str::trim)
                .skip_while(|line| line.starts_with("#["));
            if let Some(module) = rest.next().and_then(|next| next.strip_prefix("mod ")) {
                found.push((start, module));
            }
        }
        start += line.len();
    }
    found
}

fn words(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let (length, word) = next(rest, first);
        if word {
            let line = code[..code.len() - rest.len()].matches('\n').count() + 1;
            found.push((line, rest[..length].to_owned()));
        }
        rest = &rest[length..];
    }
    found
}

/// The length of the next piece, and whether it is a word.
fn next(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), false);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), false);
    }
    if let Some(length) = raw_literal(rest) {
        return (length, false);
    }
    if let Some(quoted) = rest.strip_prefix("b\"").or_else(|| rest.strip_prefix('"')) {
        return (rest.len() - quoted.len() + quoted_length(quoted, '"'), false);
    }
    if first == '\'' {
        return (character(rest), false);
    }
    if rest.starts_with("::") {
        return (2, true);
    }
    if first.is_alphanumeric() || first == '_' {
        let length = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        return (length, !first.is_ascii_digit());
    }
    (first.len_utf8(), false)
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br#"…"#`.
fn raw_literal(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let text = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = text.find(&end).map_or(text.len(), |at| at + end.len());
    Some(rest.len() - text.len() + length)
}

/// Up to and with the closing quote; a backslash takes the next character along.
fn quoted_length(text: &str, close: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == close => return at + letter.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character literal, or the quote of a lifetime alone.
fn character(rest: &str) -> usize {
    let inner = &rest[1..];
    let is_literal = inner.starts_with('\\')
        || inner.chars().next().is_some_and(|letter| inner[letter.len_utf8()..].starts_with('\''));
    if is_literal { 1 + quoted_length(inner, '\'') } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn words(text: &str) -> Vec<String> {
        Source::read(text).words.into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn comments_and_literals_are_no_words() {
        let text = r##"
            // tokio
            /* sea_orm /* tonic */ axum */
            let a = "http \" tokio"; let b = r#"axum " tonic"#; let c = '"'; let d = '\'';
            fn e<'tokio>(f: &'tokio str) {}
        "##;
        assert_eq!(words(text).join(" "), "let a let b let c let d fn e tokio f tokio str");
    }

    #[test]
    fn paths_keep_their_colons_and_lines() {
        let source = Source::read("use a::b;\nlet c: d = 10_u8;");
        let expected = [(1, "use"), (1, "a"), (1, "::"), (1, "b"), (2, "let"), (2, "c"), (2, "d")];
        assert_eq!(source.words, expected.map(|(line, word)| (line, word.to_owned())));
    }

    #[test]
    fn inline_tests_are_left_out() {
        let text = "fn a() {}\n#[cfg(test)]\nfn b() {}\n#[cfg(test)]\nmod tests {\nuse tokio;\n}\n";
        assert_eq!(words(text).join(" "), "fn a cfg test fn b");
        assert_eq!(Source::read(text).lines, 3);
    }

    #[test]
    fn a_declared_test_file_does_not_hide_what_follows() {
        let source = Source::read("#[cfg(test)]\nmod plans;\nuse tokio;");
        assert_eq!(source.test_modules, ["plans"]);
        assert_eq!(source.words.last(), Some(&(3, "tokio".to_owned())));
    }
}
