//! The wordings that come with the library: each part, in each language.

/// Emits the list of parts and, for each language, what they say.
macro_rules! catalogue {
    ($languages:tt $parts:tt) => {
        parts!($parts);
        wordings!($languages $parts);
    };
}

macro_rules! parts {
    ([$($part:literal)*]) => {
        /// What a wording consists of: the parts every language has.
        pub(super) const PARTS: &[&str] = &[$($part),*];
    };
}

macro_rules! wordings {
    ([$($language:literal)*] $parts:tt) => {
        /// The languages, by their tags, with their parts: name and template.
        pub(super) const WORDINGS: &[(&str, &[(&str, &str)])] =
            &[$(($language, wording!($language $parts))),*];
    };
}

macro_rules! wording {
    ($language:literal [$($part:literal)*]) => {
        &[$(($part, include_str!(concat!($language, "/", $part)))),*]
    };
}

/// What the letters of all languages look like.
pub(super) const BASE: (&str, &str) = ("base.html", include_str!("base.html"));

catalogue! {
    ["en" "de"]
    [
        "_foot.txt" "_language.txt" "_moment.txt" "_sent.html"
        "_what.html" "_what.txt" "_when.html" "_when.txt" "_who.html"
        "reset.subject" "reset.txt" "reset.html"
        "activation.subject" "activation.txt" "activation.html"
        "activated.subject" "activated.txt" "activated.html"
        "password_changed.subject" "password_changed.txt" "password_changed.html"
        "password_reset.subject" "password_reset.txt" "password_reset.html"
        "email_confirm.subject" "email_confirm.txt" "email_confirm.html"
        "email_changed.subject" "email_changed.txt" "email_changed.html"
        "recovered.subject" "recovered.txt" "recovered.html"
        "objection.subject" "objection.txt" "objection.html"
        "objected.subject" "objected.txt" "objected.html"
        "email_undone.subject" "email_undone.txt" "email_undone.html"
        "username_changed.subject" "username_changed.txt" "username_changed.html"
        "temporary_password.subject" "temporary_password.txt" "temporary_password.html"
        "profile_changed.subject" "profile_changed.txt" "profile_changed.html"
        "role_changed.subject" "role_changed.txt" "role_changed.html"
        "disabled.subject" "disabled.txt" "disabled.html"
        "enabled.subject" "enabled.txt" "enabled.html"
        "removed.subject" "removed.txt" "removed.html"
        "secured.subject" "secured.txt" "secured.html"
        "operator_acted.subject" "operator_acted.txt" "operator_acted.html"
    ]
}
