//! What a folder gives, and what is refused of it.
