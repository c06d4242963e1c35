//! A question, and its answer.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::stage::ENVIRONMENT;

/// How the binary ended and what it said.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) errors: String,
}

/// Runs `conductor` with these words in the folder, with the settings of the stage.
pub(crate) fn ask(folder: &Path, words: &[&str]) -> Answer {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("CONDUCTOR__"));
    let output = Command::new(env!("CARGO_BIN_EXE_conductor"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(others)
        .envs(ENVIRONMENT.iter().copied())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap(), text: text(output.stdout), errors: text(output.stderr) }
}

impl Answer {
    /// What it printed; it must have succeeded.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.text, self.errors);
        self.text
    }

    /// What it printed as JSON; it must have succeeded.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// What it said; it must have ended with this code and named a remedy.
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.text, self.errors);
        assert!(self.errors.contains("remedy: "), "{}", self.errors);
        self.errors
    }
}
