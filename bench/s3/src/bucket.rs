//! Objects in memory, bucket by bucket. Which calls there are, is the server's business.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use md5::{Digest, Md5};

/// An object with what S3 keeps beside it.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) body: Vec<Bytes>,
    pub(crate) etag: String,
    pub(crate) modified: SystemTime,
    pub(crate) about: About,
}

/// What an uploader says about an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) metadata: Option<std::collections::HashMap<String, String>>,
    pub(crate) sha256: Option<String>,
}

/// A multipart upload that is not complete.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    pub(crate) about: About,
    pub(crate) parts: BTreeMap<i32, (Bytes, [u8; 16])>,
}

/// Everything that is kept.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) objects: BTreeMap<String, BTreeMap<String, Object>>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) begun: u64,
}

/// The state behind its lock.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<State>);

impl Memory {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object {
    pub(crate) fn new(body: Bytes, about: About) -> Self {
        Self { etag: hex::encode(Md5::digest(&body)), body: vec![body], modified: SystemTime::now(), about }
    }

    /// Of parts, with the `ETag` that S3 gives them: the MD5 of their MD5s and their count.
    pub(crate) fn of_parts(upload: Upload, about: About) -> Self {
        let mut hasher = Md5::new();
        upload.parts.values().for_each(|(_, md5)| hasher.update(md5));
        let etag = format!("{}-{}", hex::encode(hasher.finalize()), upload.parts.len());
        let body = upload.parts.into_values().map(|(bytes, _)| bytes).collect();
        Self { body, etag, modified: SystemTime::now(), about }
    }

    pub(crate) fn len(&self) -> i64 {
        i64::try_from(self.body.iter().map(Bytes::len).sum::<usize>()).unwrap_or(i64::MAX)
    }
}

pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_those_of_s3() {
        let whole = Object::new(Bytes::from_static(b"abc"), About::default());
        assert_eq!(whole.etag, "900150983cd24fb0d6963f7d28e17f72");
        // What `printf abc | md5sum | xxd -r -p | md5sum` prints, and the same with a second part `d`.
        for (bodies, etag, length) in [
            (&["abc"][..], "af5da9f45af7a300e3aded972f8ff687-1", 3),
            (&["abc", "d"], "26b10a702bd95f42e3c2737f5975aa20-2", 4),
        ] {
            let parts = (1..).zip(bodies).map(|(number, body)| (number, (Bytes::from(*body), md5(body.as_bytes()))));
            let whole = Object::of_parts(Upload { parts: parts.collect(), ..Upload::default() }, About::default());
            assert_eq!((whole.etag.as_str(), whole.len()), (etag, length));
        }
    }
}
