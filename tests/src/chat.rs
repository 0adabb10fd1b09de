//! The people's door of a local Bot API server.

use serde_json::Value;

use crate::Person;

/// What the chat page also uses.
#[derive(Clone)]
pub struct Chat {
    url: String,
    client: reqwest::Client,
}

impl Chat {
    /// `url` is the base URL of the server.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), client: reqwest::Client::new() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Somebody with a chat of their own.
    pub fn person(&self, id: i64) -> Person<'_> {
        Person::new(self, id)
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let response =
            self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        let (status, body) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub(crate) async fn upload(&self, form: reqwest::multipart::Form) {
        let url = format!("{}/chat/upload", self.url);
        let response = self.client.post(url).multipart(form).send().await.unwrap();
        assert!(response.status().is_success(), "{response:?}");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }
}
