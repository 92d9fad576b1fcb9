//! What the build script writes: the codec and the functions.

#[allow(clippy::all, unused_imports, unused_qualifications, reason = "our build script writes it")]
mod codec_and_functions {
    use crate::Component;
    use crate::codec::{self, ToJson};
    use crate::method::Method;
    use crate::request::Request;
    use crate::tree::Tree;
    use serde_json::Value;

    include!(concat!(env!("OUT_DIR"), "/codec.rs"));
    include!(concat!(env!("OUT_DIR"), "/functions.rs"));
}
