//! The commands in the documentation do what it says.

use super::support;

#[test]
fn every_console_block_of_the_readme_is_true() {
    let cases = trycmd::TestCases::new();
    for name in ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_ADMIN_LOG"] {
        // An empty variable counts as none.
        cases.env(name, "");
    }
    cases
        .env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled").display().to_string())
        .env("USER", "ada")
        .register_bin("claude-admin", std::path::Path::new(env!("CARGO_BIN_EXE_claude-admin")))
        .case(support::workspace().join("README.md"));
    cases.run();
}
