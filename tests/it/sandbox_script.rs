//! `make demo` and `make run`, over stand-ins for what they start: which RabbitMQ they use.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/local/sandbox");

fn put_program(path: &Path, lines: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_demonstration_uses_a_rabbitmq_of_its_own_whatever_the_environment_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    put_program(&at("bin/cargo"), "");
    put_program(&at("deploy/local/rabbitmq"), r#"mkdir -p "$2" && echo AMQP_URL=amqp://private >"$2/env""#);
    put_program(&at("target/debug/crossdock"), r#"echo "$1 uses $AMQP_URL" | tee -a uses >&2"#);
    fs::copy(SCRIPT, at("deploy/local/sandbox")).unwrap();

    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
    let mut demo = Command::new(at("deploy/local/sandbox"));
    let output = demo.arg("demo").env("PATH", path).env("AMQP_URL", "amqp://live").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let uses = fs::read_to_string(at("uses")).unwrap();
    assert!(uses.contains("sandbox uses amqp://private") && !uses.contains("live"), "{uses}");
}
