//! Which modules of its crate a source text names.

/// The paths below the crate's root that a module uses: `crate::…` anywhere in it, and `super::…`
/// as far as it leads out of the file. Its unit tests may use what they like.
pub(crate) fn used(module: &str, text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let tokens = tokens(&without_comments_and_strings(code));
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        // A `super` inside a path was seen with its beginning.
        let begins = i == 0 || tokens[i - 1] != "::";
        let base = match token.as_str() {
            "crate" => Vec::new(),
            "super" if begins => parent(module),
            _ => continue,
        };
        if tokens.get(i + 1).is_some_and(|next| next == "::") {
            tree(&tokens[i + 2..], base, &mut found);
        } else if tokens.get(i + 1).is_some_and(|next| next == "as") {
            found.push("crate itself".to_owned());
        }
    }
    found
}

fn parent(module: &str) -> Vec<String> {
    let mut path: Vec<String> = module.split("::").map(str::to_owned).collect();
    path.pop();
    path
}

/// Follows a path or a tree of them, and gives how many tokens it took.
fn tree(tokens: &[String], mut path: Vec<String>, found: &mut Vec<String>) -> usize {
    let mut at = 0;
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    if tokens[at] == "," {
                        at += 1;
                    } else {
                        at += tree(&tokens[at..], path.clone(), found).max(1);
                    }
                }
                return at + 1;
            }
            Some("super") => {
                path.pop();
            }
            Some("self") => {}
            Some(name) if name.starts_with(|c: char| c.is_alphanumeric() || "_*".contains(c)) => {
                path.push(name.to_owned());
            }
            _ => break,
        }
        at += 1;
        if tokens.get(at).is_some_and(|token| token == "::") {
            at += 1;
        } else {
            break;
        }
    }
    // An alias names nothing new.
    if tokens.get(at).is_some_and(|token| token == "as") {
        at += 2;
    }
    // A macro lies at the root, wherever it was written.
    let is_macro = path.len() == 1 && tokens.get(at).is_some_and(|token| token == "!");
    // What `super` alone leads to is the crate's root, whose items are its modules.
    if !path.is_empty() && !is_macro {
        found.push(path.join("::"));
    }
    at
}

fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            word => word,
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = behind.trim_start();
    }
    tokens
}

/// The code alone. Strings and characters become empty ones; raw strings end at their own mark.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((open, close)) = raw_string(rest) {
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    code
}

/// Where the text of a raw string begins, and what ends it.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let behind = rest.strip_prefix('r')?;
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    let open = behind.get(hashes..)?.starts_with('"');
    open.then(|| (hashes + 2, format!("\"{}", "#".repeat(hashes))))
}

/// Whether a quotation mark opens a character, and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

/// How long a quoted piece is, with its marks.
fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}
