//! Kafka Streams: fetched by Maven once, compiled here, run with the settings of its makers.

use std::fs;
use std::path::Path;
use std::process::Command;

use cluster::install::KAFKA_VERSION;

use crate::job::Job;

const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const MAIN: &str = "peers.Peer";

/// The program, ready to run.
pub(crate) struct Program {
    class_path: String,
}

impl Program {
    pub(crate) fn build() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("loadtest/peers");
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("peers-{KAFKA_VERSION}"));
        let (jars, classes) = (built.join("jars"), built.join("classes"));
        if !jars.is_dir() {
            eprintln!("Fetching Kafka Streams {KAFKA_VERSION} (92 MB, once) with Maven");
            let whole = built.join("fetched");
            let mut maven = Command::new("mvn");
            maven.args(["--batch-mode", "--quiet", COPY, "-DincludeScope=runtime"]);
            maven.arg(format!("-Dkafka.version={KAFKA_VERSION}")).arg(option("-DoutputDirectory=", &whole));
            succeed(maven.current_dir(&project), "apt-get install maven");
            fs::rename(&whole, &jars).unwrap();
        }
        fs::create_dir_all(&classes).unwrap();
        let mut compiler = Command::new("javac");
        compiler.args(["--release", "17", "-cp"]).arg(jars.join("*")).arg("-d").arg(&classes);
        compiler.arg(project.join("src/main/java/peers/Peer.java"));
        succeed(&mut compiler, "apt-get install openjdk-17-jdk-headless");
        Self { class_path: format!("{}:{}/*", classes.display(), jars.display()) }
    }

    /// Its memory is Java's own choice.
    pub(crate) fn command(&self, job: &Job) -> Command {
        let mut command = Command::new("java");
        command.args(["-cp", &self.class_path, MAIN]);
        command.args(job.arguments().map(|(_, value)| value));
        command
    }
}

fn option(name: &str, value: &Path) -> String {
    format!("{name}{}", value.display())
}

fn succeed(command: &mut Command, remedy: &str) {
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{command:?} has failed: {status}"),
        Err(error) => {
            eprintln!("error: can not run {:?}: {error}; {remedy}", command.get_program());
            std::process::exit(2);
        }
    }
}
