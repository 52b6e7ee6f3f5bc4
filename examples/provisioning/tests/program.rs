//! The program from outside: its command line, and Ctrl-C in the middle of each step.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

const STEPS: [&str; 12] = [
    "check_quota",
    "allocate_network",
    "create_database",
    "create_bucket",
    "issue_certificate",
    "migrate",
    "seed",
    "warm_cache",
    "start_workers",
    "configure_gateway",
    "smoke_test",
    "announce",
];

fn program(line: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provisioning"));
    command.args(line);
    command
}

fn run(line: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(line).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_run_tells_its_progress_a_report_and_its_result() {
    let (code, stdout, stderr) = run(&["execute", "provision.Run", "--name", "acme"]);
    assert_eq!(code, Some(0), "{stderr}");
    let receipt: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(receipt["url"], "https://acme.internal");
    assert!(stderr.contains("provision: check_quota done in "), "{stderr}");
    assert!(stderr.contains("provision: seed skipped"), "{stderr}");
    assert!(stderr.contains("provision succeeded in "), "{stderr}");
}

#[test]
fn a_failure_tells_what_was_undone() {
    let (code, stdout, stderr) = run(&["execute", "provision.Run", "--name", "acme", "--fail_at", "start_workers"]);
    assert_eq!((code, stdout.as_str()), (Some(69), ""));
    assert!(stderr.contains("error[unavailable]: the cloud cannot start_workers"), "{stderr}");
    assert!(stderr.contains("provision: create_database undone"), "{stderr}");
    assert!(stderr.contains("provision undone in "), "{stderr}");
}

#[test]
fn a_picture_of_the_plan_and_of_a_run() {
    let (code, stdout, _) = run(&["graph", "provision", "--format", "svg"]);
    assert!(code == Some(0) && stdout.starts_with("<svg") && stdout.contains("when wants_demo_data"), "{stdout}");
    let (code, stdout, _) = run(&["graph"]);
    assert!(code == Some(0) && stdout.starts_with("flowchart LR") && stdout.contains("[\"tenants\"]"), "{stdout}");
    let (code, _, stderr) = run(&["graph", "provison"]);
    assert_eq!((code, stderr.as_str()), (Some(66), "no plan is named `provison`; did you mean `provision`?\n"));
    let file = std::env::temp_dir().join(format!("provisioning-{}.svg", std::process::id()));
    let path = file.to_str().unwrap();
    let (code, _, stderr) = run(&["execute", "--graph", path, "provision.Run", "--name", "acme"]);
    assert_eq!(code, Some(0), "{stderr}");
    let picture = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(picture.contains("provision succeeded in ") && picture.contains("done in "), "{picture}");
    let (code, _, stderr) = run(&["execute", "--graph", "run.png", "provision.Run", "--name", "acme"]);
    assert_eq!((code, stderr.as_str()), (Some(2), "--graph run.png: the file ends in .svg, .dot or .mmd\n"));
}

#[test]
fn ctrl_c_in_the_middle_of_any_step_ends_as_it_is_declared() {
    for step in STEPS {
        let mut child = program(&["execute", "provision.Run", "--name", "acme", "--demo", "--stall_at", step])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        while !told.contains(&format!("stalled at {step}")) {
            assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        stderr.read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(75), "{step}: {told}");
        let state = if step == "announce" { "provision cancelled in " } else { "provision undone in " };
        assert!(told.contains(state), "{step}: {told}");
        assert!(told.contains("was cancelled by a signal"), "{step}: {told}");
        assert!(!told.contains("not undone"), "{step}: {told}");
    }
}
