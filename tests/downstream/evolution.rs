//! How the schemas may change, as a registry sees it.

use std::path::Path;
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Asks the registry as any client does.
pub(crate) struct Http {
    url: String,
    client: Client,
}

impl Http {
    pub(crate) fn new(url: &str) -> Self {
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { url: url.to_owned(), client }
    }

    /// The status and the text.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}{path}", self.url)).send().unwrap();
        (answer.status().as_u16(), answer.text().unwrap())
    }

    /// Registers a schema; answers the status.
    pub(crate) fn register(&self, subject: &str, schema: &Value) -> u16 {
        let body = json!({ "schema": schema.to_string() });
        let request = self.client.post(format!("{}/subjects/{subject}/versions", self.url)).json(&body);
        request.send().unwrap().status().as_u16()
    }

    /// Sets the subject's level of compatibility.
    pub(crate) fn demand(&self, subject: &str, level: &str) {
        let body = json!({ "compatibility": level });
        let answer = self.client.put(format!("{}/config/{subject}", self.url)).json(&body).send().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().unwrap());
    }
}

/// A record of one field.
pub(crate) fn record(name: &str, field: &str) -> Value {
    let field: Value = serde_json::from_str(field).unwrap();
    json!({ "type": "record", "name": name, "namespace": "engagement_conductor", "fields": [field] })
}

#[test]
fn every_schema_may_gain_a_nullable_field_and_no_other_under_full_transitive() {
    let http = Http::new(&Stage::shared().registry.url());
    let mut schemas = 0;
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "avsc") {
            continue;
        }
        schemas += 1;
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let with = |field: Value| {
            let mut more = schema.clone();
            more["fields"].as_array_mut().unwrap().push(field);
            more
        };
        let subject = format!("evolution-{}-value", path.file_stem().unwrap().display());
        assert_eq!(http.register(&subject, &schema), 200, "{subject}");
        http.demand(&subject, "FULL_TRANSITIVE");
        let nullable = with(json!({ "name": "more", "type": ["null", "string"], "default": null }));
        assert_eq!(http.register(&subject, &nullable), 200, "{subject}");
        assert_eq!(http.register(&subject, &with(json!({ "name": "must", "type": "string" }))), 409, "{subject}");
    }
    assert!(schemas >= 11, "{schemas}");
}
