//! Gives the component the same initial memory as the component of this workspace.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--initial-memory={}", 2 << 20);
    }
}
