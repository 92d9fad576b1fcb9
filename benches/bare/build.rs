//! Gives the component as much memory to begin with as that of this workspace has.

fn main() {
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=--initial-memory={}", 2 << 20);
    }
}
