use std::{
    convert::Infallible,
    fmt,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use zeroize::Zeroizing;

/// The body of an answer, wholly in memory.
#[derive(Default)]
pub struct Body(Bytes);

impl Body {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.0.len()).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for Body {
    /// Redacted: it may carry a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// The longest body of a request that is read: three times the longest password, as a form
/// writes one, and room for the rest.
pub(super) const MAX_BYTES: usize = 16 * 1_024;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    TooLarge,
    Broken,
}

/// Reads a request's body. It may hold a password, so it is wiped when it is dropped.
pub(super) async fn read<B: http_body::Body>(body: B) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let hint = body.size_hint();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    if hint.lower() > most {
        return Err(Unread::TooLarge);
    }
    let room = usize::try_from(hint.upper().unwrap_or(most).min(most)).unwrap_or(MAX_BYTES);
    // All the room beforehand, so that no outgrown copy is left behind.
    let mut read = Zeroizing::new(Vec::with_capacity(room));
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        // Trailers say nothing that is asked for here.
        let Ok(mut data) = frame.into_data() else { continue };
        if data.remaining() > MAX_BYTES - read.len() {
            return Err(Unread::TooLarge);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            read.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_does_not_show_what_it_carries() {
        assert_eq!(format!("{:?}", Body::new("token")), "Body(5 bytes)");
    }
}
