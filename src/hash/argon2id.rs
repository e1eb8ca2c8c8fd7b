//! Argon2id (RFC 9106) as PHC strings.

use argon2::{Algorithm, Argon2, Block, Version};
use password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::pool::Memory;

/// The bytes of a new hash (RFC 9106 §3.1 recommends 128 bits or more).
const OUTPUT: usize = 32;

/// What one hash costs.
///
/// The default is the least OWASP's Password Storage Cheat Sheet names for Argon2id: 19 MiB, two
/// passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Params {
    /// Memory in KiB: 19,456 to 1,048,576, which is one GiB.
    pub memory_kib: u32,
    /// Passes: 2 to 64.
    pub passes: u32,
    /// Lanes: 1 to 64.
    pub lanes: u32,
    /// Whether [`Params::danger_for_tests`] made these: no other way leads below the least.
    for_tests: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self::with(19_456, 2, 1)
    }
}

impl Params {
    /// The most a stored hash may ask for. Parameters in a stored hash come from the database:
    /// without a bound, one row could take all memory.
    const MOST: Self = Self::with(1_048_576, 64, 64);

    /// Parameters far below what protects anybody, so that a host's tests run fast. Nothing
    /// hashed with them may ever be a person's password.
    #[must_use]
    pub const fn danger_for_tests() -> Self {
        Self { for_tests: true, ..Self::with(8, 1, 1) }
    }

    /// These parameters with other numbers.
    #[must_use]
    pub const fn with(memory_kib: u32, passes: u32, lanes: u32) -> Self {
        Self { memory_kib, passes, lanes, for_tests: false }
    }

    /// Whether each number is at most the other's.
    pub(super) fn within(self, most: Self) -> bool {
        self.memory_kib <= most.memory_kib && self.passes <= most.passes && self.lanes <= most.lanes
    }

    /// How many blocks of memory a hash of these parameters works on.
    pub(super) fn blocks(self) -> usize {
        self.context(OUTPUT).map_or(0, |context| context.params().block_count())
    }

    pub(super) fn findings(self) -> Vec<String> {
        let least = Self::default();
        if self.for_tests {
            return Vec::new();
        }
        if least.within(self) && self.within(Self::MOST) {
            Vec::new()
        } else {
            vec![
                "hashing.params must be at least 19,456 KiB, 2 passes, 1 lane, and at most \
                 1,048,576 KiB, 64 passes, 64 lanes"
                    .into(),
            ]
        }
    }

    fn context(self, output: usize) -> Option<Argon2<'static>> {
        let params =
            argon2::Params::new(self.memory_kib, self.passes, self.lanes, Some(output)).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Runs the function over kept memory.
    fn derive(self, password: &str, salt: &[u8], out: &mut [u8], memory: &mut Memory) -> bool {
        let Some(context) = self.context(out.len()) else { return false };
        let blocks = context.params().block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::default());
        }
        let Some(work) = memory.get_mut(..blocks) else { return false };
        context.hash_password_into_with_memory(password.as_bytes(), salt, out, work).is_ok()
    }
}

/// A stored hash whose parameters are within bounds.
pub(super) struct Stored {
    pub(super) params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Stored {
    /// Reads a PHC string. `None` for another algorithm, for version 16 (which a string without
    /// `v=` means), and for anything out of bounds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let phc = PasswordHash::new(text).ok()?;
        if phc.algorithm.as_str() != "argon2id" || phc.version != Some(19) {
            return None;
        }
        // Names this reader does not know would change what the hash means.
        if phc.params.iter().any(|(name, _)| !["m", "t", "p"].contains(&name.as_str())) {
            return None;
        }
        let number = |name: &str| phc.params.get_decimal(name);
        let params = Params::with(number("m")?, number("t")?, number("p")?);
        let (salt, output) = (phc.salt?, phc.hash?);
        let stored = Self { params, salt: salt.to_vec(), output: output.as_bytes().to_vec() };
        let bounded = params.within(Params::MOST)
            && (8..=48).contains(&stored.salt.len())
            && (16..=64).contains(&stored.output.len())
            && params.context(stored.output.len()).is_some();
        bounded.then_some(stored)
    }

    pub(super) fn matches(&self, password: &str, memory: &mut Memory) -> bool {
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        let done = self.params.derive(password, &self.salt, &mut output, memory);
        done && bool::from(output.as_slice().ct_eq(&self.output))
    }
}

/// A new hash as a PHC string; `None` only for parameters that were never checked.
pub(super) fn hash(
    password: &str,
    salt: &[u8; 16],
    params: Params,
    memory: &mut Memory,
) -> Option<String> {
    let mut output = Zeroizing::new([0; OUTPUT]);
    if !params.derive(password, salt, output.as_mut_slice(), memory) {
        return None;
    }
    let mut written = ParamsString::new();
    written.add_decimal("m", params.memory_kib).ok()?;
    written.add_decimal("t", params.passes).ok()?;
    written.add_decimal("p", params.lanes).ok()?;
    let phc = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(19),
        params: written,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output.as_slice()).ok()?),
    };
    Some(phc.to_string())
}

/// The work of one verification, for nobody.
pub(super) fn spend(password: &str, params: Params, memory: &mut Memory) {
    let mut output = Zeroizing::new([0; OUTPUT]);
    params.derive(password, &[0; 16], output.as_mut_slice(), memory);
    std::hint::black_box(&output);
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    /// A PHC string, more or less: names, numbers and lengths at and beyond the bounds.
    fn phc() -> impl Strategy<Value = String> {
        let number = prop_oneof![
            any::<u32>().prop_map(|n| n.to_string()),
            select(
                &["0", "1", "2", "8", "64", "65", "19456", "1048576", "1048577", "-1", "+2", "08"]
                    [..]
            )
            .prop_map(str::to_owned),
        ];
        let numbers = (number.clone(), number.clone(), number);
        let names = select(&["m", "t", "p", "keyid", "data", "x", ""][..]);
        let head = select(&["argon2id", "argon2i", "argon2d", "bcrypt", ""][..]);
        let version = select(&["v=19$", "v=16$", "v=$", ""][..]);
        (head, version, numbers, names, "[A-Za-z0-9+/]{0,90}", "[A-Za-z0-9+/]{0,90}").prop_map(
            |(head, version, (m, t, p), third, salt, output)| {
                format!("${head}${version}m={m},t={t},{third}={p}${salt}${output}")
            },
        )
    }

    proptest! {
        /// The text comes from a database: whatever it says, reading it neither panics nor asks
        /// for more memory than the bounds.
        #[test]
        fn any_stored_text_is_bounded(
            text in prop_oneof![3 => phc(), 1 => "\\PC{0,60}", 1 => "\\$argon2id\\$[v=19mtp,$]{0,30}"],
        ) {
            if let Some(stored) = Stored::parse(&text) {
                let Params { memory_kib, passes, lanes, .. } = stored.params;
                prop_assert!(stored.params.within(Params::MOST));
                prop_assert!(memory_kib >= 8 * lanes && passes >= 1 && lanes >= 1);
                prop_assert!((8..=48).contains(&stored.salt.len()));
                prop_assert!((16..=64).contains(&stored.output.len()));
            }
        }

        #[test]
        fn a_hash_is_read_back(
            password in "\\PC{0,40}",
            other in "\\PC{0,40}",
            salt: [u8; 16],
            lanes in 1_u32..4,
            more in 0_u32..40,
            passes in 1_u32..4,
        ) {
            let params = Params::with(8 * lanes + more, passes, lanes);
            let mut memory = Memory::new();
            let text = hash(&password, &salt, params, &mut memory).unwrap();
            let stored = Stored::parse(&text).unwrap();
            prop_assert!(stored.params == params && stored.salt == salt);
            prop_assert!(stored.matches(&password, &mut memory));
            prop_assert_eq!(stored.matches(&other, &mut memory), password == other);
        }
    }

    /// RFC 9106 has vectors with a secret and associated data only; these are libargon2's, from
    /// its `argon2` command.
    #[test]
    fn libargon2_and_this_agree() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
                      $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let stored = Stored::parse(stored).unwrap();
        assert!(stored.matches("password", &mut Memory::new()));
        assert!(!stored.matches("differentpassword", &mut Memory::new()));
    }

    #[test]
    fn a_new_hash_verifies_and_keeps_its_memory() {
        let mut memory = Memory::new();
        let params = Params::danger_for_tests();
        let text = hash("correct horse", &[7; 16], params, &mut memory).unwrap();
        let kept = memory.len();
        let stored = Stored::parse(&text).unwrap();
        assert!(stored.params.within(params) && stored.matches("correct horse", &mut memory));
        assert!(!stored.matches("correct hors", &mut memory));
        assert_eq!(memory.len(), kept);
    }

    /// Parameters in a stored hash are used unchecked by the library underneath.
    #[test]
    fn a_stored_hash_cannot_ask_for_all_memory() {
        for refused in [
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "$argon2id$v=19$m=65536,t=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "$argon2id$v=19$m=8,t=1,p=64$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "$argon2id$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=65536,t=2,p=1,keyid=AAAA$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
            "",
        ] {
            assert!(Stored::parse(refused).is_none(), "{refused}");
        }
    }
}
