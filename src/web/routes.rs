//! Which paths there are: tables of rows, so that what is answered can be listed.

use std::pin::Pin;

use http::Method;

use super::answer::Answer;

/// One call or page.
pub(super) struct Row<C: 'static> {
    pub(super) method: Method,
    /// Segments; `{…}` stands for any one of them.
    pub(super) pattern: &'static str,
    pub(super) handler: Handler<C>,
}

/// What answers it.
pub(super) type Handler<C> =
    for<'a> fn(&'a C, &'a str) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Where a path leads.
pub(super) enum Found<'p, C: 'static> {
    /// To this handler, with what stood for the placeholder.
    Handler(Handler<C>, &'p str),
    /// To other methods only: their names.
    OtherMethods(String),
    Nowhere,
}

/// Writes a table: `GET "/me" => me::show,` and so on.
macro_rules! rows {
    ($($method:ident $pattern:literal => $handler:path,)*) => {
        &[$($crate::web::routes::Row {
            method: http::Method::$method,
            pattern: $pattern,
            handler: |call, placeholder| Box::pin($handler(call, placeholder)),
        }),*]
    };
}
pub(super) use rows;

/// Looks a path up. HEAD goes where GET does.
pub(super) fn find<'p, C>(table: &[Row<C>], method: &Method, path: &'p str) -> Found<'p, C> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let mut allowed: Vec<&str> = Vec::new();
    for row in table {
        let Some(placeholder) = matches(row.pattern, path) else { continue };
        if row.method == *method {
            return Found::Handler(row.handler, placeholder);
        }
        allowed.push(row.method.as_str());
        if row.method == Method::GET {
            allowed.push("HEAD");
        }
    }
    if allowed.is_empty() { Found::Nowhere } else { Found::OtherMethods(allowed.join(", ")) }
}

/// What the placeholder of a pattern stands for in a path; empty where there is none.
fn matches<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let mut placeholder = "";
    let (mut patterns, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return Some(placeholder),
            (Some(pattern), Some(segment)) if pattern == segment => {}
            (Some(pattern), Some(segment)) if pattern.starts_with('{') && !segment.is_empty() => {
                placeholder = segment;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        assert_eq!(matches("/users/{id}/activation", "/users/7/activation"), Some("7"));
        assert_eq!(matches("/session", "/session"), Some(""));
        assert_eq!(matches("/", "/"), Some(""));
        for path in ["/users//activation", "/users/7", "/users/7/activation/", "users/7/activation"]
        {
            assert_eq!(matches("/users/{id}/activation", path), None, "{path}");
        }
    }
}
