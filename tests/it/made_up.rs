//! An action that does not exist, added to a copy of the WIT package: it works everywhere without any other change.

use crate::support;
use claude_admin::command::Markup;
use claude_admin::decision::policy::schema_text;
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Outcome};
use claude_admin_catalog::{Catalog, PackageText};
use claude_admin_simulator::{Simulator, SimulatorConfig};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const ROBOTS: &str = include_str!("../../simulator/tests/api/robots.wit");

/// A copy of the sources of the guest, with one more interface in its WIT package. The copy is used again in the next
/// run.
fn copy() -> std::path::PathBuf {
    let (from, to) = (support::workspace(), support::build_folder().join("made-up"));
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "benches/bare",
        "bindgen",
        "catalog",
        "chat",
        "wire",
        "gateway",
        "packager",
        "plugin",
        "wit",
        "host",
        "simulator",
        "playbooks",
        "tests/hostile",
        "tests/hostile-playbook",
        "examples/embed-rust",
        "examples/small-host",
    ] {
        copy_changed(&from.join(part), &to.join(part));
    }
    write_changed(&to.join("wit/robots.wit"), ROBOTS);
    let world = fs::read_to_string(from.join("wit/world.wit")).unwrap();
    write_changed(
        &to.join("wit/world.wit"),
        &world.replace("  export users;\n", "  export users;\n  export robots;\n"),
    );
    to
}

/// Copies a file or a folder. An unchanged file retains its modification time, so cargo does not compile it again.
fn copy_changed(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy_changed(&from.join(&name), &to.join(&name));
        }
    } else if !to.ends_with("wit/world.wit") {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let new = fs::read(from).unwrap();
        if fs::read(to).ok().as_ref() != Some(&new) {
            fs::write(to, new).unwrap();
        }
    }
}

fn write_changed(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_operation_works_with_no_other_change() {
    let folder = copy();
    let core =
        claude_admin_packager::compile(&folder, "claude-admin-plugin", &support::build_folder().join("made-up-guest"));
    let core = core.unwrap_or_else(|error| panic!("{error}"));
    let text = PackageText::from_folder(&folder.join("wit")).unwrap();
    let component = claude_admin_packager::encode(&core, &text).unwrap();

    let catalog = Arc::new(Catalog::from_text(&text).unwrap_or_else(|error| panic!("{error}")));
    let config = SimulatorConfig { catalog: Some(Arc::clone(&catalog)), ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let sandbox = support::sandbox(&simulator.base_url(), support::credentials(&simulator), support::limits());
    let plugin = Plugin::load(&sandbox, &component).unwrap_or_else(|error| panic!("{error}"));
    let service = support::service_with(plugin, support::OPEN_POLICY, &[]);

    // Command, component, egress rule, simulator and document work. The requests of the package are not reviewed, so a
    // write counts as irreversible, and a read as confidential.
    let as_typed = |line: &str| Input::Text { line: format!("{line} --reason test"), markup: Markup::None };
    let built = support::carry_out(&service, as_typed("robots build Rob flyer")).await;
    assert_eq!(built.outcome, Outcome::Done, "{}", support::text(&built));
    let robot = built.to_json();
    assert_eq!((&robot["name"], &robot["model"]), (&"Rob".into(), &"flyer".into()), "{robot}");
    assert_eq!(simulator.requests().last().unwrap().path, "/v1/organizations/robots");
    let listed = support::carry_out(&service, as_typed("robots list")).await;
    assert!(support::text(&listed).contains("Rob"), "{}", support::text(&listed));

    // A usage error is reported, help describes the action, and the plan shows the effect.
    let refused = support::type_in(&service, "robots build Rob crawler --yes").await;
    assert_eq!(refused.outcome, Outcome::Usage);
    assert!(support::text(&support::type_in(&service, "help robots").await).contains("robots build"));
    let id = robot["id"].as_str().unwrap();
    let plan = support::type_in(&service, &format!("robots archive {id} --dry-run --reason old")).await;
    assert!(support::text(&plan).contains("Plan"), "{}", support::text(&plan));

    // Policies can name it.
    assert!(schema_text(&catalog).contains("action \"robots.build\""));
}
