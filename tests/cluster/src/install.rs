//! Fetches Kafka and the registry from Maven, once, into a folder that every checkout on this machine shares.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::process::explanation;

/// The release of Apache Kafka that everything here is tested with.
pub const KAFKA_VERSION: &str = "4.3.1";
/// The release of the registry (Apicurio, which speaks Confluent's API).
pub const REGISTRY_VERSION: &str = "3.0.9";
/// Fetches a project's dependencies.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/// Fetches one archive and asks for nothing else. Later releases also want the project file of its parent, which is not everywhere.
const UNPACK: &str = "org.apache.maven.plugins:maven-dependency-plugin:2.10:unpack";

/// Something to install.
struct Package {
    /// Its name for people.
    what: &'static str,
    /// Its folder in the cache.
    folder: String,
    /// For people, so that they know why it takes a while.
    size: &'static str,
    /// The dependencies of the project that Maven is shown.
    dependencies: String,
    /// What Maven is to do, into the folder `fetched`.
    goals: Vec<String>,
}

/// The folder with Kafka's jars, installed if they are not there yet.
pub fn kafka() -> Result<PathBuf, Error> {
    let dependency = |group: &str, artifact: &str, version: &str| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        )
    };
    install(&Package {
        what: "Apache Kafka",
        folder: format!("kafka-{KAFKA_VERSION}"),
        size: "54 MB",
        dependencies: [
            dependency("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
            dependency("org.apache.kafka", "kafka-tools", KAFKA_VERSION),
            // Without it Kafka says nothing about why it does not start.
            dependency("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"),
        ]
        .concat(),
        goals: vec![COPY.to_owned(), "-DincludeScope=runtime".to_owned(), "-DoutputDirectory=fetched".to_owned()],
    })
}

/// The folder with the registry, installed if it is not there yet.
pub fn registry() -> Result<PathBuf, Error> {
    install(&Package {
        what: "Apicurio Registry",
        folder: format!("registry-{REGISTRY_VERSION}"),
        size: "110 MB",
        dependencies: String::new(),
        goals: vec![
            UNPACK.to_owned(),
            format!("-Dartifact=io.apicurio:apicurio-registry-app:{REGISTRY_VERSION}:tar.gz:all"),
            "-DoutputDirectory=fetched".to_owned(),
        ],
    })
}

fn install(package: &Package) -> Result<PathBuf, Error> {
    install_into(&cache_folder()?, package, Command::new("mvn"))
}

fn install_into(cache: &Path, package: &Package, maven: Command) -> Result<PathBuf, Error> {
    let Package { what, size, .. } = package;
    once_in(cache, &package.folder, &format!("{what} ({size}, once) with Maven"), |work| fetch(package, work, maven))
}

/// A folder of this name in the cache, made if it is not there yet: `make` is handed an empty folder and leaves the result in `fetched`
/// below it. Whoever comes meanwhile waits. `what` tells people why it takes a while.
///
/// # Errors
/// No cache, or what `make` says.
pub fn once(folder: &str, what: &str, make: impl FnOnce(&Path) -> Result<(), Error>) -> Result<PathBuf, Error> {
    once_in(&cache_folder()?, folder, what, make)
}

fn once_in(
    cache: &Path,
    folder: &str,
    what: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let installed = cache.join(folder);
    if installed.is_dir() {
        return Ok(installed);
    }
    fs::create_dir_all(cache).map_err(Error::file(cache))?;
    let lock_path = cache.join(format!("{folder}.lock"));
    let lock = File::create(&lock_path).map_err(Error::file(&lock_path))?;
    // Another process may be installing: it does so once, for both. The lock goes with the file, or with the process.
    lock.lock().map_err(Error::file(&lock_path))?;
    if !installed.is_dir() {
        let _ = writeln!(io::stderr(), "Installing {what} into {}", installed.display());
        // It is made beside, and gets its name only when it is whole.
        let work = tempfile::Builder::new().prefix(".installing-").tempdir_in(cache).map_err(Error::file(cache))?;
        make(work.path())?;
        fs::rename(work.path().join("fetched"), &installed).map_err(Error::file(&installed))?;
    }
    Ok(installed)
}

fn fetch(package: &Package, work: &Path, mut maven: Command) -> Result<(), Error> {
    let what = package.what;
    let project = work.join("pom.xml");
    fs::write(&project, project_text(package)).map_err(Error::file(&project))?;
    let ran = maven
        .args(["--batch-mode", "--quiet", "-Dstyle.color=never"])
        .args(&package.goals)
        .current_dir(work)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| Error::NoMaven)?;
    if !ran.status.success() || !work.join("fetched").is_dir() {
        let said = [ran.stdout, ran.stderr].concat();
        return Err(Error::Fetch { what, output: explanation(&String::from_utf8_lossy(&said)) });
    }
    Ok(())
}

fn project_text(package: &Package) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<modelVersion>4.0.0</modelVersion>\n\
         <groupId>cluster</groupId><artifactId>{}</artifactId><version>1</version><packaging>pom</packaging>\n\
         <dependencies>{}</dependencies>\n</project>\n",
        package.folder, package.dependencies
    )
}

/// Where installed things go: `ENGAGEMENT_CONDUCTOR_CACHE`, or a folder of ours where the user's caches are.
fn cache_folder() -> Result<PathBuf, Error> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    choose_cache(
        variable("ENGAGEMENT_CONDUCTOR_CACHE").as_deref(),
        variable("XDG_CACHE_HOME").as_deref(),
        variable("HOME").as_deref(),
    )
}

fn choose_cache(override_: Option<&OsStr>, xdg: Option<&OsStr>, home: Option<&OsStr>) -> Result<PathBuf, Error> {
    const OURS: &str = "engagement-conductor";
    // The standard says that a relative XDG_CACHE_HOME is to be ignored.
    let xdg = xdg.map(Path::new).filter(|path| path.is_absolute()).map(|path| path.join(OURS));
    let home = home.map(|home| Path::new(home).join(".cache").join(OURS));
    override_.map(PathBuf::from).or(xdg).or(home).ok_or(Error::NoCache)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        let goals = vec!["unpack".to_owned()];
        Package { what: "something", folder: "it-1".to_owned(), size: "1 MB", dependencies: String::new(), goals }
    }

    /// A shell in the place of Maven: it does what `script` says.
    fn maven(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "mvn"]);
        shell
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn whoever_comes_while_it_is_installed_waits_and_it_is_installed_once() {
        let (cache, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let runs = elsewhere.path().join("runs");
        let script = format!("echo run >> '{}'; mkdir fetched && cp pom.xml fetched", runs.display());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let installed = install_into(cache.path(), &package(), maven(&script)).unwrap();
                    assert!(installed.join("pom.xml").is_file(), "it is named before it is whole");
                });
            }
        });
        assert_eq!(fs::read_to_string(runs).unwrap(), "run\n");
        let mut left = names(cache.path());
        left.sort();
        assert_eq!(left, ["it-1", "it-1.lock"]);
    }

    #[test]
    fn a_failure_says_what_maven_said_and_leaves_nothing_half_done() {
        let cache = tempfile::tempdir().unwrap();
        let broken = maven("mkdir fetched; echo '[ERROR] no such artifact'; exit 1");
        let refused = install_into(cache.path(), &package(), broken).unwrap_err().to_string();
        assert!(refused.contains("could not fetch something") && refused.contains("no such artifact"), "{refused}");
        let missing = install_into(cache.path(), &package(), Command::new("/nowhere/mvn")).unwrap_err().to_string();
        assert!(missing.contains("Maven is missing") && missing.contains("apt-get install maven"), "{missing}");
        assert_eq!(names(cache.path()), ["it-1.lock"]);
    }

    #[test]
    fn the_override_goes_before_the_users_cache_and_that_before_the_home() {
        let choose = |override_: Option<&str>, xdg: Option<&str>, home: Option<&str>| {
            choose_cache(override_.map(OsStr::new), xdg.map(OsStr::new), home.map(OsStr::new)).ok()
        };
        let expect = |path: &str| Some(PathBuf::from(path));
        assert_eq!(choose(Some("/o"), Some("/x"), Some("/h")), expect("/o"));
        assert_eq!(choose(None, Some("/x"), Some("/h")), expect("/x/engagement-conductor"));
        assert_eq!(choose(None, Some("relative"), Some("/h")), expect("/h/.cache/engagement-conductor"));
        assert_eq!(choose(None, None, None), None);
    }
}
