//! `claude-admin playbook`: a playbook is written, tested, added and removed.

use super::hostile;
use crate::cli::command_line::{claude_admin, stderr, stdout};
use std::fs;
use std::path::Path;
use std::process::Output;

fn playbook(folder: &Path, words: &[&str]) -> Output {
    claude_admin().current_dir(folder).arg("playbook").args(words).output().expect("it runs")
}

fn fails(output: &Output, code: i32, problem: &str) {
    assert_eq!(output.status.code(), Some(code), "{}{}", stdout(output), stderr(output));
    let told = stdout(output) + &stderr(output);
    assert!(told.contains(problem), "`{problem}` is not in: {told}");
}

#[test]
fn template_has_the_name_in_every_language_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["rust", "javascript", "python"] {
        let made = playbook(folder.path(), &["new", "retire-roles", language, "--language", language]);
        assert!(made.status.success(), "{}", stderr(&made));
        let made = folder.path().join(language);
        for file in ["build.sh", "cases/billing-to-user.txt", "wit/world.wit", "wit/deps/claude-host/audit.wit"] {
            assert!(made.join(file).exists(), "{language}: {file}");
        }
        let case = fs::read_to_string(made.join("cases/billing-to-user.txt")).unwrap();
        assert!(case.starts_with("$ retire-roles billing user\n"), "{case}");
        for file in fs::read_dir(&made).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("my-playbook") && !text.contains("my_playbook"), "{}", file.display());
        }
        let world = fs::read_to_string(made.join("wit/world.wit")).unwrap();
        assert!(world.contains("import claude:admin/users@0.1.0;") && !world.contains("api-keys"), "{world}");
        fails(&playbook(folder.path(), &["new", "x", language, "--language", language]), 2, "is not empty");
    }
    for (name, problem) in
        [("users", "is a noun of the package"), ("status", "is a command of the host"), ("No", "lower-case")]
    {
        fails(&playbook(folder.path(), &["new", name, "other", "--language", "rust"]), 2, problem);
        assert!(!folder.path().join("other").exists());
    }
}

#[test]
fn proposal_that_is_not_the_expected_one_is_named_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("playbook.wasm"), hostile::component()).unwrap();
    fs::create_dir(folder.path().join("cases")).unwrap();
    let case = folder.path().join("cases/one.txt");
    fails(&playbook(folder.path(), &["test", "playbook.wasm"]), 2, "there is no case");
    fs::write(&case, "hostile text\n").unwrap();
    fails(&playbook(folder.path(), &["test", "playbook.wasm"]), 2, "is not `$ COMMAND`");
    fs::write(&case, "$ hostile text\nexpected\n").unwrap();
    fails(&playbook(folder.path(), &["test", "playbook.wasm"]), 1, "- expected");
    let blessed = playbook(folder.path(), &["test", "playbook.wasm", "--bless"]);
    assert!(blessed.status.success(), "{}", stdout(&blessed));
    let again = playbook(folder.path(), &["test", "playbook.wasm"]);
    assert!(again.status.success() && stdout(&again).contains("1 case, 0 not as expected"), "{}", stdout(&again));
    let text = fs::read_to_string(&case).unwrap();
    assert!(text.starts_with("$ hostile text\n") && !text.contains('\u{1b}'), "{text}");
    // Another organization.
    fs::write(&case, "$ tidy\n").unwrap();
    assert!(playbook(folder.path(), &["test", "playbook.wasm", "--bless"]).status.success());
    fails(&playbook(folder.path(), &["test", "playbook.wasm", "--seed", "2"]), 1, "not as expected");
}

#[test]
fn component_is_added_with_its_digest_and_removed_and_the_rest_of_the_file_remains() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("claude-admin.toml");
    let made = claude_admin().arg("init").arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", stderr(&made));
    let original = fs::read_to_string(&config).unwrap();
    let file = folder.path().join("hostile.wasm");
    fs::write(&file, hostile::component()).unwrap();
    fails(&playbook(folder.path(), &["remove", "hostile"]), 2, "nothing was changed");
    for _ in 0..2 {
        let added = playbook(folder.path(), &["add", "hostile.wasm"]);
        assert!(added.status.success() && stdout(&added).contains("Added `hostile`"), "{}", stderr(&added));
        assert_eq!(fs::read_to_string(&config).unwrap().matches("sha256 = ").count(), 1, "it is added once");
    }
    assert!(stdout(&playbook(folder.path(), &["list"])).contains("hostile"));
    // Another version of the component is not the reviewed one.
    fs::write(&file, claude_admin::embedded::PLAYBOOKS).unwrap();
    let run = claude_admin().current_dir(folder.path()).args(["run", "--", "users", "list"]).output().unwrap();
    fails(&run, 2, "no code of it ran");
    // The built-in playbooks have the same names.
    fails(&playbook(folder.path(), &["add", "hostile.wasm"]), 8, "collides");
    fs::write(&file, hostile::component()).unwrap();
    let removed = playbook(folder.path(), &["remove", "hostile"]);
    assert!(removed.status.success(), "{}", stderr(&removed));
    assert_eq!(fs::read_to_string(&config).unwrap().trim(), original.trim());
    // An entry whose component is not the pinned one is removed by its file.
    assert!(playbook(folder.path(), &["add", "hostile.wasm"]).status.success());
    fs::write(&file, b"other").unwrap();
    fails(&playbook(folder.path(), &["remove", "hostile"]), 2, "to remove one, name the file");
    let removed = playbook(folder.path(), &["remove", "hostile.wasm"]);
    assert!(removed.status.success(), "{}", stderr(&removed));
    assert_eq!(fs::read_to_string(&config).unwrap().trim(), original.trim());
    fails(&playbook(folder.path(), &["add", "policy.cedar"]), 8, "not a WebAssembly component");
    assert_eq!(fs::read_to_string(&config).unwrap().trim(), original.trim());
}
