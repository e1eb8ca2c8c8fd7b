//! A site of as many people as one likes. Everything about one of them follows from their number,
//! so nothing has to be kept to find them again.
#![allow(unreachable_pub)] // a part of a bench

#[path = "crowd/rows.rs"]
mod rows;

pub use rows::Rows;

use portcullis::{
    auth::SessionToken,
    entropy::{Entropy, EntropyError},
    id::UserId,
    secret::{Purpose, Token},
    store::{Store, Value, tables},
};
use time::{Duration, OffsetDateTime, macros::datetime};

/// How many people a company has, but for the first.
const COMPANY: u64 = 100;
/// The first company's, unless the site is too small for it.
const BIG_COMPANY: u64 = 100_000;
/// One in so many is invited and has not come yet.
const INVITED: u64 = 25;
/// Sessions that ended long ago, on a site of any size: what is there to be purged.
pub const EXPIRED: u64 = 40_000;
/// The numbers of expired sessions begin behind those of everybody.
const EXPIRED_FROM: u64 = 1 << 40;
/// When the first of them came; the others did a millisecond after each other.
const SINCE: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

const SYLLABLES: [&str; 16] = [
    "ba", "de", "fi", "go", "ha", "je", "ki", "lo", "ma", "ne", "pi", "ro", "sa", "te", "vi", "zo",
];

/// A number that looks like any other.
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Bytes that follow from a number.
struct Dice(u64);

impl Entropy for Dice {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for (n, part) in (0..).zip(buffer.chunks_mut(8)) {
            let bytes = mix(mix(self.0) ^ n).to_be_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
pub struct Crowd {
    pub people: u64,
    /// How many of them the first company has.
    big: u64,
}

impl Crowd {
    pub fn of(people: u64) -> Self {
        Self { people, big: BIG_COMPANY.min(people / 2) }
    }

    /// Those who are there, and not only invited.
    pub fn active(&self, n: u64) -> u64 {
        let n = n % self.people;
        n - n % INVITED + mix(n) % (INVITED - 1)
    }

    /// The first of a company, its administrator; of a small one.
    pub fn administrator(&self, n: u64) -> u64 {
        let n = self.big + n % (self.people - self.big);
        n - (n - self.big) % COMPANY
    }

    pub fn name(n: u64) -> String {
        format!("u{:016x}", mix(n))
    }

    /// A first name and a last name. Some share one of them, few both.
    pub fn full_name(n: u64) -> String {
        let mut left = mix(!n);
        let mut syllables = |count| {
            let mut word = String::new();
            for _ in 0..count {
                word.push_str(SYLLABLES[(left % 16) as usize]);
                left /= 16;
            }
            word
        };
        let (first, last) = (syllables(2), syllables(3));
        format!("{first} {last}")
    }

    pub fn address(n: u64) -> String {
        format!("{}@acme.example", Self::name(n))
    }

    /// What the person's browser keeps.
    pub fn token(n: u64) -> SessionToken {
        SessionToken::cookie(&secret(n).reveal()).expect("a token")
    }

    pub fn big_company(&self) -> Value {
        id(Kind::Company, 0)
    }

    pub fn person(n: u64) -> Value {
        id(Kind::Person, n)
    }

    /// Whether nothing is left to be purged: what expired last goes last.
    pub async fn is_purged(store: &dyn Store) -> bool {
        let Value::Bytes(last) = digest(&secret(EXPIRED_FROM + EXPIRED - 1)) else {
            return false;
        };
        store.get(&tables::SESSIONS, &last).await.expect("an answer").is_none()
    }

    fn company_of(&self, n: u64) -> u64 {
        if n < self.big { 0 } else { 1 + (n - self.big) / COMPANY }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Company,
    Person,
    Session,
    Event,
    Expired,
}

fn arrival(n: u64) -> OffsetDateTime {
    SINCE + Duration::milliseconds(n.cast_signed())
}

/// Ids as the library draws them: in the order of time, then by chance.
fn id(kind: Kind, n: u64) -> Value {
    let id = UserId::draw(arrival(n), &Dice(mix(n) ^ kind as u64)).expect("dice never fail");
    Value::Bytes(id.as_bytes().to_vec())
}

fn secret(n: u64) -> Token {
    Token::draw(&Dice(!n)).expect("dice never fail")
}

fn digest(token: &Token) -> Value {
    Value::Bytes(token.digest(Purpose::Cookie).as_bytes().to_vec())
}
