//! What a request carries: bytes, or pieces that are made while they are sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::digest::Digest;
use crate::store::{Pieces, Piecewise};

/// What a request carries.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    /// Bytes and their digest.
    Bytes(Bytes, Digest),
    /// Made anew for each attempt.
    Pieces(Pieces),
}

/// Pieces on their way.
struct Flow {
    pieces: Piecewise,
    left: u64,
}

impl Payload {
    pub(super) fn digest(&self) -> Digest {
        match self {
            Self::Bytes(_, digest) => *digest,
            Self::Pieces(pieces) => pieces.digest,
        }
    }

    /// Bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes, _) => bytes.len() as u64,
            Self::Pieces(pieces) => pieces.length,
        }
    }

    /// What is sent in one attempt.
    pub(super) fn sent(&self) -> SdkBody {
        match self {
            Self::Bytes(bytes, _) => SdkBody::from(bytes.clone()),
            Self::Pieces(pieces) => SdkBody::from_body_1_x(Flow { pieces: pieces.begin(), left: pieces.length }),
        }
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let piece = self.pieces.next();
        if let Some(Ok(piece)) = &piece {
            self.left -= piece.len() as u64;
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
