//! A stored hash is a text from a database. Whatever it says, it is read within bounds, a log-in
//! by it ends in yes or no, and a hash that was made is read back.
#![no_main]
#![allow(dead_code)] // of the included file, not all is used here

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::{House, PASSWORD};

/// The file itself: the library opens no door to it.
#[path = "../../src/hash/argon2id.rs"]
mod argon2id;

mod pool {
    pub(super) type Memory = Vec<argon2::Block>;
}

fuzz_target!(|data: &[u8]| {
    round_trip(data);
    let Some(text) = portcullis_fuzz::text(data) else { return };
    let parsed = argon2id::Stored::parse(text);
    // No store holds NUL, so no hash with one is ever read from there.
    if text.contains('\0') {
        assert!(parsed.is_none(), "{text:?}");
        return;
    }
    let matches = match &parsed {
        Some(stored) => {
            let argon2id::Params { memory_kib, passes, lanes, .. } = stored.params;
            assert!(memory_kib <= 1_048_576 && passes <= 64 && lanes <= 64);
            // What is allowed can still take a minute.
            if u64::from(memory_kib) * u64::from(passes) > 2_048 {
                return;
            }
            stored.matches(PASSWORD, &mut pool::Memory::new())
        }
        None => false,
    };
    assert_eq!(House::with(|house| house.log_in_with(text)), matches);
});

fn round_trip(data: &[u8]) {
    let Some((head, rest)) = data.split_first_chunk::<18>() else { return };
    let [memory, passes, salt @ ..] = *head;
    let lanes = u32::from(passes >> 4) % 3 + 1;
    let params =
        argon2id::Params::with(8 * lanes + u32::from(memory), u32::from(passes) % 3 + 1, lanes);
    let password = String::from_utf8_lossy(rest);
    let mut kept = pool::Memory::new();
    let text = argon2id::hash(&password, &salt, params, &mut kept).expect("within bounds");
    let stored = argon2id::Stored::parse(&text).expect("what was written is read");
    assert!(stored.params == params && stored.matches(&password, &mut kept));
}
