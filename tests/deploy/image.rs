//! The `Dockerfile` builds with what the repository builds with, and hands out what the licences ask for.

use std::path::Path;

/// A file of the repository.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn lines(start: &str) -> Vec<String> {
    text("Dockerfile").lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
}

#[test]
fn the_image_is_built_with_the_compiler_of_the_repository() {
    let toolchain: toml::Table = text("rust-toolchain.toml").parse().unwrap();
    let channel = toolchain["toolchain"]["channel"].as_str().unwrap();
    let stages = ["node:22-bookworm-slim AS web", &format!("rust:{channel}-bookworm AS build"), "debian:bookworm-slim"];
    assert_eq!(lines("FROM "), stages);
    assert_eq!(lines("ENV RUSTUP_TOOLCHAIN="), [channel]);
    assert_eq!(lines("RUN cargo build "), ["--locked --release --bin conductor"]);
}

#[test]
fn the_image_has_the_page_of_the_dashboard_in_it() {
    assert_eq!(lines("RUN npm ci "), ["--no-audit --no-fund && npm run build"]);
    assert_eq!(lines("COPY --from=web "), ["/web/dist web/dist"]);
    assert!(text(".dockerignore").lines().any(|line| line == "web/dist"), "what lies there may be of yesterday");
}

#[test]
fn the_image_runs_as_a_user_that_is_not_root_and_carries_the_licences() {
    assert_eq!(lines("USER "), ["10001:10001"]);
    assert!(text("Dockerfile").contains("useradd --system --uid 10001 "));
    assert_eq!(lines("COPY LICENSE-APACHE LICENSE-MIT "), ["/usr/share/doc/engagement-conductor/"]);
}

/// Everything that the build reads is let in: the folders of all packages, and what their files include.
#[test]
fn the_build_sees_all_packages() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let ignore = text(".dockerignore");
    let packages = members.iter().map(|member| member.as_str().unwrap().split('/').next().unwrap());
    let files = ["Cargo.toml", "Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT", "src", "schemas", "web"];
    for name in packages.chain(files) {
        assert!(ignore.lines().any(|line| line == format!("!{name}")), "{name} is kept out of the image's build");
    }
}
