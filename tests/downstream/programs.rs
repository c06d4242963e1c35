//! The consumers in other languages: installed and built once, into the folder where Kafka lies.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use cluster::Error;
use cluster::install::once;

/// The folder with the sources.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/downstream").join(name)
}

/// The output of a program that must succeed.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&str]) -> String {
    let program = program.as_ref();
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("{program:?}: {error}; `make setup` says what is missing"));
    assert!(ran.status.success(), "{program:?} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What the consumer in Python prints.
pub(crate) fn python(arguments: &[&str]) -> String {
    let requirements = source("python/requirements.txt").display().to_string();
    let version = run("python3", &["--version"]);
    let folder = cache_name("scores-in-python", &[&requirements], &version);
    let make = |work: &Path| {
        let fetched = work.join("fetched").display().to_string();
        run("python3", &["-m", "venv", &fetched]);
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(format!("{fetched}/bin/python"), &[&quiet[..], &["--no-deps", "--requirement", &requirements]].concat());
        Ok::<_, Error>(())
    };
    let installed = once(&folder, "a consumer in Python (90 MB, once) with pip", make).unwrap();
    let program = source("python/scores.py").display().to_string();
    run(installed.join("bin/python"), &[&[program.as_str()], arguments].concat())
}

/// What the consumer in Java prints.
pub(crate) fn java(arguments: &[&str]) -> String {
    let sources = ["java/pom.xml", "java/src/main/java/Scores.java"].map(|name| source(name).display().to_string());
    let folder = cache_name("scores-in-java", &sources.each_ref().map(String::as_str), "");
    let make = |work: &Path| {
        let pom = work.join("pom.xml").display().to_string();
        let code = work.join("src/main/java");
        std::fs::create_dir_all(&code).unwrap();
        std::fs::copy(&sources[0], &pom).unwrap();
        std::fs::copy(&sources[1], code.join("Scores.java")).unwrap();
        let goals =
            ["compile", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=target/jars"];
        run("mvn", &[&["--batch-mode", "--quiet", "--file", &pom], &goals[..]].concat());
        std::fs::rename(work.join("target"), work.join("fetched")).unwrap();
        Ok::<_, Error>(())
    };
    let installed = once(&folder, "a consumer in Java (20 MB, once) with Maven", make).unwrap();
    let class_path = format!("{0}/classes:{0}/jars/*", installed.display());
    run("java", &[&["-XX:TieredStopAtLevel=1", "-cp", &class_path, "Scores"], arguments].concat())
}

/// A name that is another one when a source is.
fn cache_name(name: &str, sources: &[&str], version: &str) -> String {
    let texts: Vec<Vec<u8>> = sources.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let parts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).chain([version.as_bytes()]).collect();
    format!("{name}-{:016x}", domain::random::seed_of(&parts))
}
