//! Each letter, in each language.

use super::*;

#[test]
fn every_built_in_letter_can_be_written() {
    assert_eq!(Letters::default().findings(), Vec::<String>::new());
}

/// Nobody reads a half translated letter: no line of a German one is an English one's.
#[test]
fn no_letter_mixes_languages() {
    let letters = Letters::default();
    let lines = |language| {
        let mut lines = BTreeSet::new();
        for template in Template::ALL {
            let sample = letters.sample(language, *template);
            for part in ["subject", "txt", "html"] {
                let part = format!("{}.{part}", template.as_str());
                let text = letters.render(language, &part, &sample).unwrap();
                let text = text.replace(['<', '>'], "\n");
                lines.extend(text.lines().map(|line| line.trim().to_owned()));
            }
        }
        // Words, not rules of style and not what both are told alike.
        lines.retain(|line| line.split(' ').count() > 2 && !line.contains(['{', '=', '@']));
        lines
    };
    let (english, german) = (lines("en"), lines("de"));
    assert!(english.len() > 60 && german.len() > 60);
    let both: Vec<_> = english.intersection(&german).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn a_moment_is_written_as_the_language_does() {
    let letters = Letters::default();
    let at = OffsetDateTime::UNIX_EPOCH + time::Duration::days(60);
    let said = |language| letters.moment(language, at).get_attr("text").unwrap().to_string();
    assert_eq!(said("en"), "2 March 1970, 00:00 UTC");
    assert_eq!(said("de"), "2. März 1970, 00:00 UTC");
}

#[test]
fn every_letter_is_in_the_documentation() {
    for template in Template::ALL {
        let name = format!("`{}`", template.as_str());
        let rows = include_str!("../letters.rs").lines().filter(|line| line.starts_with("/// | `"));
        assert!(rows.into_iter().any(|row| row.contains(&name)), "add a row {name} above");
    }
}

#[test]
fn names_do_not_become_links() {
    assert_eq!(unlinked("Buy at https://evil.example/x now"), "Buy at https   evil example x now");
    assert_eq!(unlinked("J.R.R. Tolkien, Jr."), "J.R.R. Tolkien, Jr.");
    assert_eq!(unlinked("Mozilla/5.0 (X11; Linux)"), "Mozilla 5.0 (X11; Linux)");
}

/// What each letter says to do where it was not the person, or what to do next.
fn advice(template: Template) -> [&'static str; 2] {
    const NOT_YOU: [&str; 2] = ["If it was not you,", "Wenn Sie es nicht waren,"];
    const UNEXPECTED: [&str; 2] =
        ["If you did not expect this,", "Wenn Sie das nicht erwartet haben,"];
    const MISTAKE: [&str; 2] =
        ["If you think this is a mistake,", "Wenn Sie das für einen Irrtum halten,"];
    match template {
        Template::Reset
        | Template::Activated
        | Template::PasswordChanged
        | Template::PasswordReset
        | Template::EmailConfirm
        | Template::EmailChanged => NOT_YOU,
        Template::UsernameChanged | Template::RoleChanged | Template::Enabled => UNEXPECTED,
        Template::Disabled | Template::Removed => MISTAKE,
        Template::Activation => {
            ["If you expected no invitation,", "Wenn Sie keine Einladung erwartet haben,"]
        }
        Template::TemporaryPassword => {
            ["If you did not ask for help,", "Wenn Sie nicht um Hilfe gebeten haben,"]
        }
        Template::ProfileChanged => ["If it is not right,", "Wenn er nicht stimmt,"],
        Template::OperatorActed => [
            "If nobody in your company asked for it,",
            "Wenn niemand in Ihrer Firma darum gebeten hat,",
        ],
        Template::Secured => [
            "If somebody may have had access to your mailbox,",
            "Wenn jemand Zugriff auf Ihr Postfach",
        ],
        Template::EmailUndone => ["Somebody may know the one from before.", "Jemand kennt"],
        Template::Recovered => {
            ["If you asked nobody for this,", "Wenn Sie niemanden darum gebeten haben,"]
        }
        Template::Objection => ["If you did not,", "Wenn nicht,"],
        Template::Objected => ["Find out, by telephone perhaps,", "Klären Sie, etwa am Telefon,"],
    }
}

/// What people read of a part: its words in one line, without markup.
fn read(part: &str) -> String {
    let outside =
        part.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let words = outside.collect::<Vec<_>>().join(" ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn m27_every_letter_says_when_from_where_and_what_to_do() {
    let letters = Letters::default();
    let at = OffsetDateTime::UNIX_EPOCH + time::Duration::days(60);
    let mut missing = Vec::new();
    for (position, language) in ["en", "de"].into_iter().enumerate() {
        let moment = letters.moment(language, at);
        let said_at = moment.get_attr("text").unwrap().to_string();
        for template in Template::ALL {
            let client = context! { address => "203.0.113.7", agent => "Firefox" };
            let sample = letters.sample(language, *template);
            // Until when a link works is another moment.
            let facts = context! { at => moment.clone(), client, ..sample };
            for part in ["txt", "html"] {
                let name = format!("{}.{part}", template.as_str());
                let said = read(&letters.render(language, &name, &facts).unwrap());
                for wanted in [said_at.as_str(), "203.0.113.7", advice(*template)[position]] {
                    if !said.contains(wanted) {
                        missing.push(format!("{language}/{name} lacks {wanted:?}: {said}"));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Where an address is not proven, or a stranger asked, nothing stands that they wrote: a browser
/// may call itself anything.
#[test]
fn a_request_puts_no_words_of_its_own_into_a_letter() {
    let letters = Letters::default();
    let asked = [
        Template::Reset,
        Template::Activation,
        Template::EmailConfirm,
        Template::Recovered,
        Template::Objected,
    ];
    for (language, template) in
        ["en", "de"].into_iter().flat_map(|language| asked.map(|template| (language, template)))
    {
        let client = context! { address => "203.0.113.7", agent => "call 555 1234 at once" };
        let facts = context! { client, ..letters.sample(language, template) };
        for part in ["subject", "txt", "html"] {
            let name = format!("{}.{part}", template.as_str());
            let said = letters.render(language, &name, &facts).unwrap();
            assert!(!said.contains("555"), "{language}/{name}: {said}");
        }
    }
}
