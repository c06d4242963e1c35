//! The promises of the seam.
