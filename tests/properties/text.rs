//! Text as strangers type it, and as attackers do.

use proptest::{collection::vec, prelude::*, sample::select};

/// Characters that have broken parsers: folds that change length or alphabet, width forms,
/// characters that join, hide, reverse or combine, and the ends of ranges.
const TRICKY: &[char] = &[
    'ı',
    'İ',
    '\u{212a}',
    'ſ',
    'ß',
    'ẞ',
    'ς',
    'Σ',
    'ﬁ',
    'ª',
    '²',
    'Ａ',
    '＠',
    '．',
    '。',
    '｡',
    '／',
    'а',
    'е',
    'о',
    'р',
    'ԁ',
    'α',
    'ο',
    'א',
    'ب',
    '٣',
    '۴',
    '๔',
    '한',
    'ᄒ',
    '\u{1161}',
    '\u{11ab}',
    '\u{300}',
    '\u{301}',
    '\u{308}',
    '\u{327}',
    '\u{345}',
    '\u{5bf}',
    '\u{640}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{200f}',
    '\u{202e}',
    '\u{2028}',
    '\u{2066}',
    '\u{ad}',
    '\u{61c}',
    '\u{feff}',
    '\u{fffd}',
    '\u{fdfa}',
    '\u{1f600}',
    '\u{e0001}',
    '\u{10ffff}',
    '\u{3000}',
    '\u{a0}',
    '\u{85}',
    '\0',
    '\t',
    '\n',
    '\r',
    '\u{7f}',
    '\u{b7}',
    '\u{30fb}',
    '\u{375}',
    '\u{5f3}',
];

/// Any text, most of it not any parser's idea of one.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        3 => any::<char>(),
        3 => select(TRICKY),
        4 => prop::char::range(' ', '~'),
        2 => select(&['@', '.', '-', '_', ' ', ':', '/'][..]),
    ];
    vec(char, 0..80).prop_map(String::from_iter)
}

/// Text around a word that is one, so that more of it comes through.
pub(crate) fn nearly(pattern: &'static str) -> impl Strategy<Value = String> {
    let spoilt = (pattern, any::<prop::sample::Index>(), select(TRICKY)).prop_map(
        |(mut word, at, tricky)| {
            let at = word.floor_char_boundary(at.index(word.len() + 1));
            word.insert(at, tricky);
            word
        },
    );
    prop_oneof![2 => pattern, 1 => spoilt]
}
