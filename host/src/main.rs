//! The binary `claude-admin`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
