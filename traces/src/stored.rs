//! What the processes that append to one trace tell one another about byte strings. Implemented by the recorder, used
//! by the writer.

use crate::units::BlobId;

/// The byte strings that are in the file already, by their BLAKE3 hash. Forgetting some costs space and nothing else.
pub trait StoredBlobs: Send + Sync {
    /// The name of the string with this hash, if it is in the file.
    fn find(&self, hash: &[u8; 32]) -> Option<BlobId>;

    /// Notes that the string with this hash is in the file as `id`.
    fn add(&self, hash: &[u8; 32], id: BlobId);
}
