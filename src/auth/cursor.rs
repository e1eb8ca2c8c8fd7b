//! Where a list goes on: a place in it that was given out here, for this list.

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;

use crate::{
    error::{Error, Result},
    secret::SiteKey,
};

/// How many bytes of the seal a cursor carries.
const SEAL: usize = 16;

/// Writes and reads the cursors of one list with one filter. What it wrote for another filter, or
/// for another company, it does not read, and neither what somebody else wrote.
pub(super) struct Cursors<'a> {
    key: &'a SiteKey,
    /// What the list is, and everything it is narrowed by.
    filter: &'a [&'a [u8]],
}

impl<'a> Cursors<'a> {
    pub(super) fn new(key: &'a SiteKey, filter: &'a [&'a [u8]]) -> Self {
        Self { key, filter }
    }

    pub(super) fn write(&self, place: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&[self.seal(place).as_slice(), place].concat())
    }

    /// The place.
    ///
    /// # Errors
    /// [`Error::Malformed`] for what was not written here for this list.
    pub(super) fn read(&self, cursor: &str) -> Result<Vec<u8>> {
        let refused = Error::Malformed("The cursor is not one of this list. Begin the list anew.");
        let Ok(bytes) = BASE64URL_NOPAD.decode(cursor.as_bytes()) else { return Err(refused) };
        match bytes.split_at_checked(SEAL) {
            Some((seal, place)) if bool::from(self.seal(place).as_slice().ct_eq(seal)) => {
                Ok(place.to_vec())
            }
            _ => Err(refused),
        }
    }

    fn seal(&self, place: &[u8]) -> [u8; SEAL] {
        let parts: Vec<&[u8]> = self.filter.iter().copied().chain([place]).collect();
        self.key.digest("cursor", &parts).first_chunk().copied().unwrap_or_default()
    }
}
