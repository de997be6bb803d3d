//! Memory for the parts of large files, used again and again: what a thread frees, the allocator keeps for that thread, and parts are
//! read on many.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Parts that are held in memory at a time, of all files together.
const PARTS: usize = 3;

type Free = Arc<Mutex<Vec<Vec<u8>>>>;

/// Room for parts; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    slots: Arc<Semaphore>,
    free: Free,
}

/// Room for one part.
#[derive(Debug)]
pub(super) struct Slot {
    free: Free,
    _permit: OwnedSemaphorePermit,
}

/// A part's bytes, whose memory goes back where it came from.
struct Held {
    bytes: Vec<u8>,
    free: Free,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { slots: Arc::new(Semaphore::new(PARTS)), free: Free::default() }
    }

    /// Waits for room.
    pub(super) async fn slot(&self) -> anyhow::Result<Slot> {
        let permit = Arc::clone(&self.slots).acquire_owned().await?;
        Ok(Slot { free: Arc::clone(&self.free), _permit: permit })
    }
}

impl Slot {
    /// An empty buffer, perhaps with memory already.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// What was read into the buffer.
    pub(super) fn bytes(&self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held { bytes, free: Arc::clone(&self.free) })
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < PARTS {
            free.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_parts_memory_is_used_again_and_there_is_room_for_three() {
        let parts = Parts::new();
        let slots = [parts.slot().await.unwrap(), parts.slot().await.unwrap(), parts.slot().await.unwrap()];
        assert_eq!(parts.slots.available_permits(), 0);
        let mut buffer = slots[0].buffer();
        buffer.extend([7; 1_000]);
        let place = buffer.as_ptr();
        let bytes = slots[0].bytes(buffer);
        let sent = bytes.clone();
        drop(bytes);
        // As long as one clone is on its way, nobody writes there.
        assert_eq!((slots[1].buffer().capacity(), &sent[..]), (0, &[7; 1_000][..]));
        drop(sent);
        let again = slots[1].buffer();
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        drop(slots);
        assert_eq!(parts.slots.available_permits(), PARTS);
    }
}
