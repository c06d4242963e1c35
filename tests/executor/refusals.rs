use std::process::Output;

use crate::stage::conductor;

/// Runs an executor that can not start.
fn refused(arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let servers = ["executor", "--bootstrap-servers", "127.0.0.1:1", "--set", "kafka.request_timeout_ms=500"];
    let Output { status, stderr, .. } = conductor(folder.path(), &[&servers[..], arguments].concat());
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn what_is_missing_or_wrong_is_told_with_the_setting_and_the_remedy() {
    let public = ["--platform-url", "https://events.example/api"];
    for (arguments, code, expect) in [
        (&[][..], 2, "executor.platform_url is not set"),
        (&["--platform-url", "ftp://x"], 2, "`executor.platform_url` cannot be"),
        (&["--platform-url", "http://127.0.0.1:8700"], 2, "executor.allow_private_addresses"),
        (&[&public[..], &["--set", "executor.token_file=nowhere"]].concat(), 2, "executor.token_file"),
        (&[&public[..], &["--database-url", "postgres://u:hunter2@db/x"]].concat(), 2, "database.password_file"),
        (&public[..], 1, "no broker is reached"),
    ] {
        let (found, said) = refused(arguments);
        assert!(found == code && said.contains(expect) && said.contains("remedy: "), "{arguments:?}: {found} {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
