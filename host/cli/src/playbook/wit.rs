//! The WIT packages that a playbook is built with.

use anyhow::Context;
use claude_admin::embedded;
use claude_admin_catalog::PackageText;
use std::fs;
use std::path::{Path, PathBuf};

/// The WIT packages of playbooks, and of the audit log of the host.
const PLAYBOOK_WIT: &str = include_str!("../../../../playbooks/wit/playbook.wit");
const AUDIT_WIT: &str = include_str!("../../../../playbooks/wit/deps/claude-host/audit.wit");
/// The name of the interface of the audit log.
const AUDIT: &str = "audit";

/// Writes the packages, and a world that imports the reads of these interfaces, or of all.
pub(super) fn write(folder: &Path, interfaces: &[String]) -> anyhow::Result<()> {
    let catalog = embedded::catalog()?;
    let is_unknown = |name: &&String| *name != AUDIT && catalog.interface(name).is_none();
    if let Some(unknown) = interfaces.iter().find(is_unknown) {
        anyhow::bail!("the package {} has no interface `{unknown}`", catalog.package);
    }
    let text = PackageText::from_component(embedded::COMPONENT)?.context("the component has no text")?;
    let wanted = (!interfaces.is_empty()).then_some(interfaces);
    let part = catalog.read_only_text(&text, wanted);
    let admin = folder.join("deps/claude-admin");
    let write =
        |path: PathBuf, text: &str| fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()));
    fs::create_dir_all(&admin).with_context(|| format!("cannot make {}", admin.display()))?;
    for (name, text) in part.files() {
        write(admin.join(name), text)?;
    }
    for (package, file, text) in
        [("claude-playbook", "playbook.wit", PLAYBOOK_WIT), ("claude-host", "audit.wit", AUDIT_WIT)]
    {
        let package = folder.join("deps").join(package);
        fs::create_dir_all(&package).with_context(|| format!("cannot make {}", package.display()))?;
        write(package.join(file), text)?;
    }
    let reads = catalog.interfaces.iter().filter(|interface| {
        let is_wanted = interfaces.is_empty() || interfaces.contains(&interface.name);
        is_wanted && catalog.actions_of(&interface.name).any(|action| action.is_for_playbooks())
    });
    let (package, version) = catalog.package.split_once('@').unwrap_or((&catalog.package, ""));
    let mut imports: String =
        reads.map(|interface| format!("  import {package}/{}@{version};\n", interface.name)).collect();
    if interfaces.iter().any(|name| name == AUDIT) {
        imports.push_str("  import claude:host/audit@0.1.0;\n");
    }
    let world = format!(
        "package my:playbook;\n\nworld playbook {{\n{imports}\n  export claude:playbook/playbooks@0.1.0;\n}}\n"
    );
    write(folder.join("world.wit"), &world)
}
